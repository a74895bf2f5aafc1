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
 * A cache of at most `maxTokens` tokens, or one more where that is odd, by their whole text: two tokens with the same claims are two entries, and a
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
  let young = new Map<string, Entry>()
  let old = new Map<string, Entry>()

  const keep = (tail: string, entry: Entry): void => {
    if (young.size >= generationSize) {
      old = young
      young = new Map()
    }
    young.set(tail, entry)
  }

  const isAlive = ({ token, keys, key }: VerifiedToken): boolean =>
    clock.epochSeconds() < token.claims.exp && keys.isCurrent(key)

  return {
    set: (raw, verified) => {
      if (generationSize > 0) keep(tailOf(raw), { raw, verified })
    },
    size: () => young.size + old.size,
    get: (raw) => {
      if (generationSize === 0) return undefined
      const tail = tailOf(raw)
      const recent = young.get(tail)
      const entry = recent ?? old.get(tail)
      if (entry === undefined || entry.raw !== raw || !isAlive(entry.verified)) return undefined
      if (recent === undefined) {
        old.delete(tail)
        keep(tail, entry)
      }
      return entry.verified
    },
  }
}

interface Entry {
  readonly raw: string
  readonly verified: VerifiedToken
}

/**
 * What an entry is found by, before the whole text is compared: the end of the signature. To hash all of a text that has
 * just come off the wire takes longer than everything else that a hit costs. Of two tokens with the same end the later is
 * kept, and nobody but an issuer can make one that verifies.
 */
const tailOf = (raw: string): string => raw.slice(-tailLength)
const tailLength = 32
