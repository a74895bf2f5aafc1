/** Tokens that were verified, so that the same one again costs a look-up and not a signature. */
import type { KeySet, VerificationKey } from '@credence/jwt'
import type { Clock } from '@credence/protocol'
import type { AccessToken } from './access_token.ts'
import type { Confirmation } from './binding/confirmation.ts'

/** What was verified, and what it rests on. */
export interface VerifiedToken {
  readonly token: AccessToken
  /** What it is bound to, which every request with it must prove. */
  readonly confirmation: Confirmation | undefined
  readonly keys: KeySet
  readonly key: VerificationKey
}

export interface VerifiedTokenCache {
  get(raw: string): VerifiedToken | undefined
  set(raw: string, verified: VerifiedToken): void
  /** How many are held, those that have expired meanwhile included. */
  size(): number
}

/**
 * A cache of at most `maxTokens` tokens by their whole text: two tokens with the same claims are two entries, and a
 * changed signature is another token.
 *
 * A hit needs the token not to be expired, with no tolerance, and the key still to be in the issuer's fresh key set;
 * otherwise the token is verified anew. Only tokens that verified are kept, so no error is. Two generations: when the
 * young one is full the old one is dropped, which costs nothing per entry.
 *
 * Does not check: revocation and proof of possession, which belong to the request and not to the token.
 */
export const createVerifiedTokenCache = (maxTokens: number, clock: Clock): VerifiedTokenCache => {
  const generationSize = Math.ceil(maxTokens / 2)
  let young = new Map<string, VerifiedToken>()
  let old = new Map<string, VerifiedToken>()

  const set = (raw: string, verified: VerifiedToken): void => {
    if (generationSize === 0) return
    if (young.size >= generationSize) {
      old = young
      young = new Map()
    }
    young.set(raw, verified)
  }

  const isAlive = ({ token, keys, key }: VerifiedToken): boolean =>
    clock.epochSeconds() < token.claims.exp && keys.isCurrent(key)

  return {
    set,
    size: () => young.size + old.size,
    get: (raw) => {
      const recent = young.get(raw)
      const verified = recent ?? old.get(raw)
      if (verified === undefined || !isAlive(verified)) return undefined
      if (recent === undefined) set(raw, verified)
      return verified
    },
  }
}
