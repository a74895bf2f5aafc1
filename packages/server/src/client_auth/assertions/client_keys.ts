/** Registering the public keys of a client: each key of a JWK set, or the jwks_uri, becomes a credential of its own. RFC 7591 §2. */
import {
  checkUrlWithinReach,
  importVerificationKey,
  isJsonObject,
  type JsonObject,
  JwtError,
  jwkThumbprint,
  quoteForMessage,
  signatureAlgorithms,
} from '@credence/jwt'
import type { ClientKey, KeyCredential } from '@credence/storage'
import { type NewCredentialOptions, newCredentialFacts } from '../new_credential_facts.ts'
import { assumePs256 } from './client_key_sets.ts'

/** Keys that cannot be registered. The message says which, why, and what to do; nothing of a key is in it but its `kid`. */
export class ClientKeysError extends Error {
  override readonly name = 'ClientKeysError'
  readonly code = 'invalid_client_keys'
}

/** One of the two, as RFC 7591 names them. */
export interface ClientKeySource {
  /** A JWK set, as parsed from JSON. */
  readonly jwks?: unknown
  readonly jwksUri?: string | undefined
}

export interface ClientKeysOptions extends NewCredentialOptions {
  readonly allowPrivateAddresses: boolean
}

export const maxClientKeys = 20
const maxUriLength = 2_000

/**
 * Makes the key credentials of a client. Does not store them.
 *
 * Does not check: that the client exists or has these keys already; that the jwks_uri answers.
 *
 * @throws {ClientKeysError}
 */
export const createKeyCredentials = (
  clientId: string,
  source: ClientKeySource,
  options: ClientKeysOptions,
): readonly KeyCredential[] =>
  parseClientKeys(source, options.allowPrivateAddresses).map((key) => ({
    ...newCredentialFacts(clientId, options),
    kind: 'key',
    key,
  }))

/** The keys themselves, for who makes credentials of them elsewhere. @throws {ClientKeysError} */
export const parseClientKeys = (
  { jwks, jwksUri }: ClientKeySource,
  allowPrivateAddresses: boolean,
): readonly ClientKey[] => {
  // RFC 7591 §2: "The "jwks_uri" and "jwks" parameters MUST NOT both be present in the same request or response."
  if (jwks !== undefined && jwksUri !== undefined) throw fault('give jwks or jwks_uri, not both')
  if (jwksUri !== undefined) return [{ jwksUri: checkedUri(jwksUri, allowPrivateAddresses) }]
  if (jwks === undefined) throw fault('give the public keys as jwks, or where they are published as jwks_uri')
  return parseJwks(jwks).map((jwk) => ({ jwk: JSON.stringify(jwk) }))
}

const checkedUri = (text: string, allowPrivateAddresses: boolean): string => {
  const url = URL.parse(text)
  if (url === null || text.length > maxUriLength || url.hash !== '') {
    throw fault(`jwks_uri must be an https URL without a fragment, of at most ${maxUriLength} characters`)
  }
  try {
    checkUrlWithinReach(url, allowPrivateAddresses ? 'any' : 'public')
  } catch (error) {
    throw fault(`jwks_uri: ${error instanceof Error ? error.message : 'refused'}`)
  }
  if (url.protocol !== 'https:' && !allowPrivateAddresses) {
    throw fault(
      'jwks_uri must be https; for development, credence serve --allow-private-addresses takes http on loopback',
    )
  }
  return url.href
}

const parseJwks = (jwks: unknown): readonly JsonObject[] => {
  if (!isJsonObject(jwks) || !Array.isArray(jwks.keys)) {
    throw fault('jwks must be a JWK set, {"keys":[...]}; a single JWK goes into such an array')
  }
  const members: readonly unknown[] = jwks.keys
  if (members.length === 0) throw fault('jwks has no key')
  if (members.length > maxClientKeys) throw fault(`jwks has ${members.length} keys; register ${maxClientKeys} at most`)
  const keys = members.map(parseJwk)
  const kids = keys.flatMap(({ kid }) => (kid === undefined ? [] : [kid]))
  if (new Set(kids).size < kids.length) throw fault('two keys have the same kid: give each its own')
  if (new Set(keys.map(jwkThumbprint)).size < keys.length) throw fault('one key is there twice')
  return keys
}

const parseJwk = (member: unknown, index: number): JsonObject => {
  const name = nameOf(member, index)
  if (!isJsonObject(member)) throw fault(`${name} is not a JWK`)
  if ('d' in member)
    throw fault(`${name} is a private key: register its public half, and make a new one if it was sent elsewhere`)
  if ('k' in member) throw fault(`${name} is symmetric: register a public key (EC P-256, Ed25519, or RSA)`)
  try {
    importVerificationKey(assumePs256(member), signatureAlgorithms)
  } catch (error) {
    if (!(error instanceof JwtError)) throw error
    const why = error.message.replace(/^a key is refused: /, '')
    throw fault(`${name}: ${why}; use EC P-256 (ES256), Ed25519 (EdDSA), or RSA of 2048 to 8192 bits (PS256, RS256)`)
  }
  return publicMembers(member)
}

const nameOf = (member: unknown, index: number): string => {
  const kid = isJsonObject(member) ? member.kid : undefined
  return `key ${index + 1}${typeof kid === 'string' ? ` (kid ${quoteForMessage(kid)})` : ''}`
}

/** What verifying needs. Certificates and whatever else came with the key stay out of the store. */
const publicMembers = ({ kty, crv, x, y, n, e, kid, alg }: JsonObject): JsonObject => ({
  kty,
  crv,
  x,
  y,
  n,
  e,
  kid,
  alg,
})

const fault = (message: string) => new ClientKeysError(message)
