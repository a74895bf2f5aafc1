/** Clients as the management API takes and shows them. RFC 7591 §2, §3.2.1. */
import type { Client } from '@credence/storage'
import { credentialDocument, firstCredentialRequest, newSecretProperties } from './credential_documents.ts'
import { credentialMembers } from './credential_members.ts'
import { managedRotation, toManagedRotationDocument } from './managed_rotation_documents.ts'
import { quotaChange, quotaDocument, toQuotaDocument } from './quota_documents.ts'
import {
  audience,
  authMethod,
  boundTokens,
  clientId,
  clientName,
  epochSeconds,
  grant,
  scopes,
  tokenEndpointAudience,
  tokenTtl,
} from './schemas.ts'

const serves = {
  type: 'array',
  items: audience,
  uniqueItems: true,
  maxItems: 64,
  description: 'APIs whose resource server it is: it may introspect their tokens and follow their revocations.',
} as const

const nullable = <S extends object>(schema: S) => ({ anyOf: [schema, { type: 'null' }] }) as const

export const clientChange = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    client_name: nullable(clientName),
    token_endpoint_auth_method: nullable(authMethod),
    default_scope: nullable(scopes),
    token_ttl_seconds: nullable(tokenTtl),
    quota: nullable(quotaChange),
    managed_rotation: nullable(managedRotation),
    ...boundTokens,
    token_endpoint_audience: tokenEndpointAudience,
    serves,
    disabled: {
      type: 'boolean',
      description: 'A disabled client gets no tokens, and those that it has are denied.',
    },
  },
} as const

const optionalMetadata = {
  client_name: clientName,
  token_endpoint_auth_method: {
    ...authMethod,
    description: 'Absent: any but client_secret_jwt, with a credential of its kind. RFC 7591 §2, RFC 8705 §2.1.1.',
  },
  default_scope: { ...scopes, description: 'What a request without scope asks for. Absent: all that is granted.' },
  token_ttl_seconds: tokenTtl,
  quota: quotaDocument,
  managed_rotation: managedRotation,
  ...boundTokens,
  token_endpoint_audience: tokenEndpointAudience,
} as const

export const clientCreation = {
  type: 'object',
  required: ['client_id'],
  additionalProperties: false,
  properties: {
    client_id: clientId,
    ...optionalMetadata,
    serves,
    grants: { type: 'array', items: grant, maxItems: 256 },
    ...credentialMembers,
    credential: firstCredentialRequest,
  },
} as const

export const clientDocument = {
  type: 'object',
  required: ['client_id', 'disabled', 'client_id_issued_at', 'updated_at'],
  properties: {
    client_id: clientId,
    ...optionalMetadata,
    serves,
    disabled: { type: 'boolean' },
    client_id_issued_at: epochSeconds,
    updated_at: epochSeconds,
  },
} as const

export const newClientDocument = {
  ...clientDocument,
  required: [...clientDocument.required, 'credentials', 'issuer', 'token_endpoint'],
  properties: {
    ...clientDocument.properties,
    grants: { type: 'array', items: grant },
    credential_id: { type: 'string', description: 'The first of its credentials. Absent: it has none yet.' },
    ...newSecretProperties,
    credentials: { type: 'array', items: credentialDocument },
    issuer: { type: 'string' },
    token_endpoint: { type: 'string' },
  },
} as const

export const toClientDocument = (client: Client) => ({
  client_id: client.clientId,
  client_name: client.name,
  token_endpoint_auth_method: client.tokenEndpointAuthMethod,
  default_scope: client.defaultScope,
  token_ttl_seconds: client.tokenTtlSeconds,
  quota: client.quota && toQuotaDocument(client.quota),
  managed_rotation: client.managedRotation && toManagedRotationDocument(client.managedRotation),
  dpop_bound_access_tokens: client.dpopBoundAccessTokens || undefined,
  tls_client_certificate_bound_access_tokens: client.certificateBoundAccessTokens || undefined,
  token_endpoint_audience: client.tokenEndpointAudience || undefined,
  serves: client.serves.length === 0 ? undefined : client.serves,
  disabled: client.disabled,
  client_id_issued_at: client.createdAt,
  updated_at: client.updatedAt,
})
