/** private_key_jwt: the key of a client, among all that it has, that an assertion is signed with. RFC 7523 §2.2. */
import type { JwtError } from '@credence/jwt'
import { type Clock, OAuthError } from '@credence/protocol'
import type { ClientRecord, KeyCredential } from '@credence/storage'
import type { ProveAssertion } from './check_client_assertion.ts'
import type { ClientKeySets } from './client_key_sets.ts'
import { createDecoyKeys } from './decoy_keys.ts'

/** Keys that are tried for one assertion at most. A `kid` leaves those alone that have another. */
const mostTried = 8
/** Of those, keys that may have to be fetched. */
const mostKeySets = 2

export interface PrivateKeyJwtDeps {
  readonly keySets: ClientKeySets
  readonly clock: Clock
}

/**
 * Creates the search for the key credential that an assertion is signed with.
 *
 * It throws OAuthError `temporarily_unavailable` when the client's keys cannot be had from its jwks_uri and no other key
 * of it verifies the assertion: nobody can say then that it is wrong.
 */
export const createPrivateKeyJwt = ({ keySets, clock }: PrivateKeyJwtDeps): ProveAssertion => {
  const decoys = createDecoyKeys()

  return async ({ header: { algorithm, kid }, signingInput, signature }, record) => {
    if (algorithm === 'HS256') return undefined
    let tried = 0
    let missing: JwtError | undefined
    const noteMissing = (error: JwtError) => {
      missing = error
      return undefined
    }
    for (const credential of candidates(record, clock.epochSeconds())) {
      const asked = keySets.find(credential, kid, algorithm)
      const key = asked instanceof Promise ? await asked.catch(noteMissing) : asked
      if (key === undefined) continue
      if (key.verify(signingInput, signature)) return credential
      if (++tried === mostTried) break
    }
    // as much work for a client that is not there, or has no such key, as for a wrong signature
    if (tried === 0) decoys(algorithm).verify(signingInput, signature)
    if (missing !== undefined) throw retryLater(missing)
    return undefined
  }
}

/** The live keys of a client: first those at hand, then those that it publishes. */
const candidates = (record: ClientRecord | undefined, now: number): readonly KeyCredential[] => {
  const live = (record?.credentials ?? []).filter(
    (held): held is KeyCredential => held.kind === 'key' && (held.expiresAt === undefined || held.expiresAt > now),
  )
  const published = live.filter(({ key }) => 'jwksUri' in key)
  if (published.length === 0) return live
  return [...live.filter(({ key }) => 'jwk' in key), ...published.slice(0, mostKeySets)]
}

const retryLater = (error: JwtError): OAuthError =>
  new OAuthError('temporarily_unavailable', 'the keys of the client cannot be had now', {
    headers: { 'Retry-After': `${error.retryAfterSeconds ?? 1}` },
    detail: `${error.message}: ${error.cause instanceof Error ? error.cause.message : 'failed'}`,
    cause: error,
  })
