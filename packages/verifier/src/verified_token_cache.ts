/** Tokens that were verified, so that the same one again costs a look-up and not a signature. */
import type { KeySet, VerificationKey } from '@credence/jwt'
import type { Clock } from '@credence/protocol'
import type { AccessToken } from './access_token.ts'

/** What was verified, and what it rests on. */
export interface VerifiedEntry {
  readonly token: AccessToken
  readonly keys: KeySet
  readonly key: VerificationKey
}

export interface VerifiedTokenCache {
  get(raw: string): AccessToken | undefined
  set(raw: string, entry: VerifiedEntry): void
}

/**
 * A cache of at most `maxTokens` tokens by their whole text: two tokens with the same claims are two entries, and a
 * changed signature is another token.
 *
 * A hit needs the token not to be expired, with no tolerance, and the key still to be in the issuer's fresh key set;
 * otherwise the token is verified anew. Only tokens that verified are kept, so no error is. Two generations: when the
 * young one is full the old one is dropped, which costs nothing per entry.
 */
export const createVerifiedTokenCache = (maxTokens: number, clock: Clock): VerifiedTokenCache => {
  const generationSize = Math.ceil(maxTokens / 2)
  let young = new Map<string, VerifiedEntry>()
  let old = new Map<string, VerifiedEntry>()

  const set = (raw: string, entry: VerifiedEntry): void => {
    if (generationSize === 0) return
    if (young.size >= generationSize) {
      old = young
      young = new Map()
    }
    young.set(raw, entry)
  }

  const isAlive = ({ token, keys, key }: VerifiedEntry): boolean =>
    clock.epochSeconds() < token.claims.exp && keys.isCurrent(key)

  return {
    set,
    get: (raw) => {
      const recent = young.get(raw)
      const entry = recent ?? old.get(raw)
      if (entry === undefined || !isAlive(entry)) return undefined
      if (recent === undefined) set(raw, entry)
      return entry.token
    },
  }
}
