/** What one issuer has denied and a living token may still need, in memory that has a bound. */
import {
  cutoffNeededSeconds,
  isCutOff,
  type RevocationCutoff,
  type RevocationDocument,
  revokedNeededSeconds,
} from '@credence/protocol'
import type { RevocableToken } from './revocation_source.ts'

export interface DenialsOptions {
  /** Of other issuers nothing is taken in: one issuer must not deny another's tokens. */
  readonly issuer: string
  /** Most single tokens, and most cut-offs. */
  readonly maxEntries: number
  /** Epoch seconds, on a clock that does not run ahead. */
  readonly now: () => number
}

export interface Denials {
  readonly size: number
  /** Single tokens among them. */
  readonly tokens: number
  isDenied(token: RevocableToken): boolean
  /** Takes in what is not known yet. Returns how many entries there was no room for. */
  add(document: Pick<RevocationDocument, 'revoked' | 'cutoffs'>): number
  /** Forgets what no living token needs. */
  forgetUnneeded(): void
}

/** Tokens by id, and cut-offs by the narrowest thing they name; both go when no token that they deny can be alive. */
export const createDenials = ({ issuer, maxEntries, now }: DenialsOptions): Denials => {
  const tokens = new Map<string, number>()
  const cutoffs = new Map<string, RevocationCutoff[]>()
  let cutoffCount = 0

  const addToken = (jti: string, exp: number): boolean => {
    if (exp + revokedNeededSeconds <= now()) return true
    if (!tokens.has(jti) && tokens.size >= maxEntries) return false
    tokens.set(jti, Math.max(exp, tokens.get(jti) ?? exp))
    return true
  }

  /** Of two that differ in nothing but the time, the later one denies all that the earlier does. */
  const addCutoff = (cutoff: RevocationCutoff): boolean => {
    if (cutoff.issued_before + cutoffNeededSeconds <= now()) return true
    const place = placeOf(cutoff)
    const there = cutoffs.get(place) ?? []
    const alike = there.findIndex((other) => isAlike(other, cutoff))
    if (alike === -1) {
      if (cutoffCount >= maxEntries) return false
      cutoffCount++
      there.push(cutoff)
    } else if ((there[alike]?.issued_before ?? 0) < cutoff.issued_before) there[alike] = cutoff
    cutoffs.set(place, there)
    return true
  }

  const isCutOffNow = (token: RevocableToken): boolean => {
    const { iss, clientId, credentialId, aud, iat } = token
    const claims = { iss, iat, client_id: clientId, credential_id: credentialId, aud }
    return placesOf(token).some((place) => cutoffs.get(place)?.some((cutoff) => isCutOff(claims, cutoff)) === true)
  }

  return {
    get size() {
      return tokens.size + cutoffCount
    },
    get tokens() {
      return tokens.size
    },
    isDenied: (token) => token.iss === issuer && (tokens.has(token.jti) || (cutoffCount > 0 && isCutOffNow(token))),
    add({ revoked, cutoffs: added }) {
      const noRoom =
        // cut-offs have room of their own: no flood of single tokens displaces one
        added.filter((cutoff) => cutoff.iss === issuer && !addCutoff(cutoff)).length +
        revoked.filter(({ iss, jti, exp }) => iss === issuer && !addToken(jti, exp)).length
      return noRoom
    },
    forgetUnneeded() {
      const time = now()
      for (const [jti, exp] of tokens) if (exp + revokedNeededSeconds <= time) tokens.delete(jti)
      for (const [place, there] of cutoffs) {
        const needed = there.filter((cutoff) => cutoff.issued_before + cutoffNeededSeconds > time)
        cutoffCount -= there.length - needed.length
        if (needed.length === 0) cutoffs.delete(place)
        else cutoffs.set(place, needed)
      }
    },
  }
}

const placeOf = ({ credential_id: credentialId, client_id: clientId, aud }: RevocationCutoff): string => {
  if (credentialId !== undefined) return `credential ${credentialId}`
  if (clientId !== undefined) return `client ${clientId}`
  return aud === undefined ? 'all' : `audience ${aud}`
}

/** Where the cut-offs are that may be about a token. */
const placesOf = ({ credentialId, clientId, aud }: RevocableToken): readonly string[] => [
  ...(credentialId === undefined ? [] : [`credential ${credentialId}`]),
  `client ${clientId}`,
  ...(typeof aud === 'string' ? [aud] : aud).map((audience) => `audience ${audience}`),
  'all',
]

const isAlike = (one: RevocationCutoff, other: RevocationCutoff): boolean =>
  one.client_id === other.client_id && one.credential_id === other.credential_id && one.aud === other.aud
