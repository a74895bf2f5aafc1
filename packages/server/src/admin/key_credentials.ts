/** Public keys of clients as the management API and declarative files take and show them. RFC 7517, RFC 7591 §2. */
import { createPublicKey, hash, type JsonWebKey } from 'node:crypto'
import { type JsonObject, jwkThumbprint } from '@credence/jwt'
import type { ClientKey, KeyCredential } from '@credence/storage'
import { type ClientKeySource, ClientKeysError, parseClientKeys } from '../client_auth/assertions/client_keys.ts'
import type { CertificateMaterial } from './certificate_credentials.ts'
import type { CredentialMembers } from './credential_members.ts'
import type { Fault } from './problem.ts'

export type KeyMaterial = Pick<KeyCredential, 'kind' | 'key'>

export interface KeyContext {
  readonly allowPrivateAddresses: boolean
  readonly faults: Fault[]
}

/** What `jwks` and `jwks_uri` say, each key a credential of its own; what is wrong goes to `faults`. */
export const parseKeys = (
  { jwks, jwks_uri: jwksUri }: CredentialMembers,
  context: KeyContext,
): readonly KeyMaterial[] => [
  ...(jwks === undefined ? [] : parse({ jwks }, context)),
  ...(jwksUri === undefined ? [] : parse({ jwksUri }, context)),
]

/**
 * The keys of a client that authenticates with self-signed certificates: whatever certificate has one of them counts.
 *
 * @see RFC 8705 §2.2
 */
export const parseCertificateKeys = (
  { jwks }: CredentialMembers,
  context: KeyContext,
): readonly CertificateMaterial[] =>
  (jwks === undefined ? [] : parse({ jwks }, context)).flatMap(({ key }) =>
    'jwk' in key ? [{ kind: 'certificate', certificate: { by: 'public_key', value: publicKeyDigest(key.jwk) } }] : [],
  )

const parse = (source: ClientKeySource, { allowPrivateAddresses, faults }: KeyContext): readonly KeyMaterial[] => {
  try {
    return parseClientKeys(source, allowPrivateAddresses).map((key) => ({ kind: 'key', key }))
  } catch (error) {
    if (!(error instanceof ClientKeysError)) throw error
    faults.push({ pointer: source.jwks === undefined ? '/jwks_uri' : '/jwks', detail: error.message })
    return []
  }
}

const publicKeyDigest = (jwk: string): string => {
  const key = createPublicKey({ key: JSON.parse(jwk) as JsonWebKey, format: 'jwk' })
  return hash('sha256', key.export({ type: 'spki', format: 'der' }), 'base64url')
}

/** The members that say the same. */
export const toKeyMembers = (key: ClientKey): CredentialMembers =>
  'jwk' in key ? { jwks: { keys: [JSON.parse(key.jwk)] } } : { jwks_uri: key.jwksUri }

export const describeKey = (key: ClientKey): string => {
  if ('jwksUri' in key) return `an assertion signed with a key that ${key.jwksUri} publishes`
  const jwk: JsonObject = JSON.parse(key.jwk)
  const named = typeof jwk.kid === 'string' ? ` ${jwk.kid}` : ''
  return `an assertion signed with its key${named}, whose thumbprint is ${jwkThumbprint(jwk) ?? 'unknown'}`
}
