/** Revocations as the management API takes and shows them. */
import type { Revocation } from '@credence/storage'
import { audience, clientId, epochSeconds } from './schemas.ts'

const credentialId = { type: 'string', pattern: '^cred_[0-9a-z]{26}$' } as const
const jti = {
  type: 'string',
  pattern: '^[!#-\\[\\]-~]{1,255}$',
  description: 'The id of a token. RFC 7519 §4.1.7.',
} as const

export const revocationRequest = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    token: { type: 'string', minLength: 1, maxLength: 16_384, description: 'An access token of this server.' },
    jti,
    exp: { ...epochSeconds, description: 'With jti: when that token expires, or later.' },
    credential_id: credentialId,
    client_id: clientId,
    audience,
    all: { type: 'boolean', const: true, description: 'Every token of this server; in place of whose they are.' },
    issued_before: {
      ...epochSeconds,
      description: 'Tokens issued from then on are not denied. All that are out, unless given.',
    },
  },
} as const

export const revocationDocument = {
  type: 'object',
  required: ['id', 'created_at', 'needed_until'],
  properties: {
    id: { type: 'string' },
    jti,
    exp: epochSeconds,
    credential_id: credentialId,
    client_id: clientId,
    audience,
    issued_before: epochSeconds,
    created_at: epochSeconds,
    needed_until: { ...epochSeconds, description: 'From then on no token that it denies is alive, and it is gone.' },
  },
} as const

export const newRevocationDocument = {
  ...revocationDocument,
  required: [...revocationDocument.required, 'tokens_expire_by'],
  properties: {
    ...revocationDocument.properties,
    tokens_alive_at_most: {
      type: 'integer',
      description:
        'How many unexpired tokens it denies at most, but for those that other replicas have issued in the last ten seconds. Absent when too many to count.',
    },
    tokens_expire_by: { ...epochSeconds, description: 'When the last of them would have expired by itself.' },
  },
} as const

export const toRevocationEntry = (revocation: Revocation) => ({
  id: String(revocation.version),
  ...(revocation.kind === 'token'
    ? { jti: revocation.jti, exp: revocation.expiresAt }
    : { credential_id: revocation.credentialId, issued_before: revocation.issuedBefore }),
  client_id: revocation.clientId,
  audience: revocation.audience,
  created_at: revocation.createdAt,
  needed_until: revocation.neededUntil,
})
