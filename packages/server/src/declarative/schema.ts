/** The JSON Schema of a declarative file: what validates it is what editors complete it with. */
import { credentialMembers } from '../admin/credential_members.ts'
import {
  audience,
  authMethod,
  boundTokens,
  clientId,
  clientName,
  scopes,
  senderConstraint,
  signingAlgorithm,
  tokenEndpointAudience,
} from '../admin/schemas.ts'
import { tokenTtlLimits } from '../policy/lifetime.ts'
import { durationPattern, formatDuration } from './duration.ts'

/** A document with more entries than these is refused: all of it is one transaction. */
export const maxEntries = { apis: 1_000, clients: 2_000 } as const

/** Seconds. */
export const overlapLimits = { default: 86_400, least: 60, most: 2_592_000 } as const

const tokenTtl = {
  type: 'string',
  pattern: durationPattern,
  examples: ['5m', '10m', '1h'],
  description: `A number and a unit, as in 90s, 10m or 1h; from ${formatDuration(tokenTtlLimits.least)} to ${formatDuration(tokenTtlLimits.most)}.`,
} as const

const grantEntry = {
  type: 'object',
  required: ['audience', 'scopes'],
  additionalProperties: false,
  properties: {
    audience: { ...audience, description: 'The API: one of this file, or one that the server has already.' },
    scopes: { ...scopes, description: 'Which of its scopes the client may ask for.' },
  },
} as const

export const apiEntry = {
  type: 'object',
  required: ['audience', 'scopes'],
  additionalProperties: false,
  description: 'A protected resource that tokens are for.',
  properties: {
    audience,
    scopes: { ...scopes, description: 'All scopes that the API knows.' },
    token_ttl: {
      ...tokenTtl,
      default: formatDuration(tokenTtlLimits.default),
      description: `How long its tokens live. ${tokenTtl.description}`,
    },
    signing_alg: { ...signingAlgorithm, default: 'ES256', description: 'What its tokens are signed with.' },
    token_format: {
      type: 'string',
      enum: ['jwt', 'opaque'],
      default: 'jwt',
      description: 'jwt: signed, for everybody to check. opaque: sealed, for the server alone to read.',
    },
    sender_constraint: { ...senderConstraint, default: 'optional' },
  },
} as const

const referencedFile = { type: 'string', minLength: 1, maxLength: 1024 } as const

export const clientEntry = {
  type: 'object',
  required: ['client_id'],
  additionalProperties: false,
  description:
    'A service that asks for tokens. Its keys, certificates and federated credentials are those of the file and no others; its secrets are not part of it.',
  properties: {
    client_id: clientId,
    client_name: clientName,
    token_endpoint_auth_method: {
      ...authMethod,
      description: 'How it must authenticate. Absent: in any way that it has a credential for.',
    },
    default_scope: { ...scopes, description: 'What a request without scope asks for. Absent: all that is granted.' },
    token_ttl: { ...tokenTtl, description: `Its tokens live at most this long. ${tokenTtl.description}` },
    disabled: {
      type: 'boolean',
      description: 'A disabled client gets no tokens. Absent: as it is on the server, so that an emergency stop holds.',
    },
    quota: {
      type: 'object',
      required: ['tokens_per_minute'],
      additionalProperties: false,
      description: 'How many tokens it may get. Absent: no limit of its own.',
      properties: {
        tokens_per_minute: { type: 'integer', minimum: 1, maximum: 1_000_000 },
        mode: { type: 'string', enum: ['observe', 'enforce'], default: 'enforce' },
      },
    },
    managed_rotation: {
      type: 'object',
      additionalProperties: false,
      description: 'The client may replace its own credentials at the public listener. Absent: it may not.',
      properties: {
        overlap: {
          type: 'string',
          pattern: durationPattern,
          default: formatDuration(overlapLimits.default),
          description: `How long a credential stays usable once it has been replaced, from ${formatDuration(overlapLimits.least)} to ${formatDuration(overlapLimits.most)}.`,
        },
      },
    },
    ...boundTokens,
    token_endpoint_audience: tokenEndpointAudience,
    ...credentialMembers,
    jwks_file: {
      ...referencedFile,
      description: 'A file with its public keys, in place of jwks: at or below the folder of this file.',
    },
    certificate_file: {
      ...referencedFile,
      description:
        'A file with its self-signed certificate, in place of certificate: at or below the folder of this file.',
    },
    serves: {
      type: 'array',
      items: audience,
      uniqueItems: true,
      maxItems: 64,
      description:
        'Audiences whose resource server it is: it may introspect their tokens and follow their revocations.',
    },
    grants: {
      type: 'array',
      items: grantEntry,
      maxItems: 256,
      description: 'All that it may ask for: a grant that does not stand here is taken away.',
    },
  },
} as const

export const declarativeSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Credence declarative file',
  description: 'APIs and clients as they should be: credence apply -f FILE, credence serve --declarative FILE.',
  type: 'object',
  additionalProperties: false,
  anyOf: [{ required: ['apis'] }, { required: ['clients'] }],
  properties: {
    apis: { type: 'array', items: apiEntry, maxItems: maxEntries.apis },
    clients: { type: 'array', items: clientEntry, maxItems: maxEntries.clients },
  },
} as const
