/** client_secret_jwt: the secret of a client that an assertion is authenticated with. Only for who is registered for it. RFC 7523 §2.2. */
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { Clock } from '@credence/protocol'
import type { ClientRecord, SecretCredential } from '@credence/storage'
import type { ClientSecretSealer } from '../secrets/sealed_client_secret.ts'
import type { ProveAssertion } from './check_client_assertion.ts'

/** Secrets that are tried for one assertion at most. */
const mostTried = 8

export interface ClientSecretJwtDeps {
  readonly secrets: Pick<ClientSecretSealer, 'open'>
  readonly clock: Clock
}

/** An HMAC key is a secret that was sealed here when it was made, and nothing else: never a public key, whatever `alg` says. */
export const createClientSecretJwt = ({ secrets, clock }: ClientSecretJwtDeps): ProveAssertion => {
  const decoy = createSecretKey(Buffer.alloc(32))

  return ({ signingInput, signature }, record) => {
    const isBy = (key: KeyObject): boolean => {
      const expected = createHmac('sha256', key).update(signingInput, 'latin1').digest()
      return signature.length === expected.length && timingSafeEqual(signature, expected)
    }
    let tried = 0
    for (const credential of candidates(record, clock.epochSeconds())) {
      const key = secrets.open(credential)
      if (key === undefined) continue
      if (isBy(key)) return credential
      if (++tried === mostTried) break
    }
    // as much work for a client that is not there, or not registered for it, as for a wrong signature
    if (tried === 0) isBy(decoy)
    return undefined
  }
}

const candidates = (record: ClientRecord | undefined, now: number): readonly SecretCredential[] =>
  record?.client.tokenEndpointAuthMethod !== 'client_secret_jwt'
    ? []
    : record.credentials.filter(
        (held): held is SecretCredential =>
          held.kind === 'secret' && (held.expiresAt === undefined || held.expiresAt > now),
      )
