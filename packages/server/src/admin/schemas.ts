/** The JSON Schemas of the management API: what each member may be, said once for validation, types and the OpenAPI document. */
import { tokenTtlLimits } from '../policy/lifetime.ts'
import { pageLimits } from './page_cursor.ts'

export const scopeToken = {
  type: 'string',
  pattern: '^[!#-\\[\\]-~]+$',
  maxLength: 255,
  description: 'A scope token (RFC 6749 §3.3).',
} as const

export const scopes = { type: 'array', items: scopeToken, uniqueItems: true, minItems: 1, maxItems: 256 } as const

export const audience = {
  type: 'string',
  pattern: '^[!$-\\[\\]-~]+$',
  minLength: 1,
  maxLength: 1024,
  description:
    'What the `aud` of a token says and `resource` or `audience` of a request asks for. A URI without fragment.',
} as const

export const clientId = {
  type: 'string',
  pattern: '^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}$',
  description: 'Letters, digits and . _ : @ / - ; at most 128.',
} as const

/** Of the paths that name a client. */
export const clientParams = { type: 'object', required: ['client_id'], properties: { client_id: clientId } } as const

/** Any language, but nothing that could break a line or turn text around. */
const humanText = {
  type: 'string',
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\p{Cc}\\p{Zl}\\p{Zp}\\u202a-\\u202e\\u2066-\\u2069]+$',
} as const

export const clientName = { ...humanText, description: 'For people. RFC 7591 §2.' } as const
export const label = { ...humanText, description: 'For people: which deployment holds it.' } as const

export const tokenTtl = {
  type: 'integer',
  minimum: tokenTtlLimits.least,
  maximum: tokenTtlLimits.most,
  description: 'Lifetime of tokens in seconds.',
} as const

export const signingAlgorithm = { type: 'string', enum: ['ES256', 'RS256', 'PS256', 'EdDSA'] } as const
export const tokenFormat = {
  type: 'string',
  enum: ['jwt', 'opaque'],
  description: 'jwt: signed, the API checks it by itself. opaque: sealed, the API asks by introspection (RFC 7662).',
} as const
export const senderConstraint = {
  type: 'string',
  enum: ['optional', 'required'],
  description: 'required: a token for it must be bound to a key, by DPoP (RFC 9449) or by a certificate (RFC 8705).',
} as const
export const boundTokens = {
  dpop_bound_access_tokens: { type: 'boolean', description: 'It must prove a key by DPoP. RFC 9449 §5.2.' },
  tls_client_certificate_bound_access_tokens: {
    type: 'boolean',
    description: 'Its tokens must be bound to its certificate. RFC 8705 §3.4.',
  },
} as const
export const tokenEndpointAudience = {
  type: 'boolean',
  description:
    'Its assertions may name the token endpoint as their audience, as older clients do, and not only the issuer.',
} as const
export const authMethod = {
  type: 'string',
  enum: [
    'client_secret_basic',
    'client_secret_post',
    'client_secret_jwt',
    'private_key_jwt',
    'tls_client_auth',
    'self_signed_tls_client_auth',
    'federated',
  ],
} as const

export const epochSeconds = { type: 'integer', description: 'Seconds since 1970-01-01T00:00:00Z.' } as const

/** Seconds until a credential expires; at most five years. */
export const expiresIn = {
  type: 'integer',
  minimum: 60,
  maximum: 157_680_000,
  description: 'Seconds from now.',
} as const

export const grant = {
  type: 'object',
  required: ['audience', 'scopes'],
  additionalProperties: false,
  properties: { audience, scopes },
} as const

export const pageQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: pageLimits.most, default: pageLimits.default },
    cursor: { type: 'string', minLength: 1, maxLength: 2048, pattern: '^[A-Za-z0-9_-]+$' },
  },
} as const

export const pageOf = <S>(items: S) =>
  ({
    type: 'object',
    required: ['items'],
    properties: { items: { type: 'array', items }, next_cursor: { type: 'string' } },
  }) as const

export const problemDocument = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', description: 'Stable; for programs.' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: { pointer: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
} as const
