/** Every revocation that a living token may need, in memory: so that whether a token is denied is answered at once, and the feed reads nothing. */
import { type CutoffClaims, isCutOff } from '@credence/protocol'
import type { Revocation, TokenCutoff } from '@credence/storage'
import { toCutoffDocument } from './revocation_document.ts'

/** The claims of a token that say whether it is denied. */
export interface DeniableClaims extends CutoffClaims {
  readonly jti: string
}

/** A stretch of the revocations, in the order of their versions. */
export interface Stretch {
  readonly revocations: readonly Revocation[]
  /** All up to this version have been looked at. */
  readonly version: number
}

export interface StretchOptions {
  /** Only those that may concern a token for one of these. All, unless given. */
  readonly audiences?: readonly string[] | undefined
  readonly limit: number
}

export interface LiveRevocations {
  /** All changes up to this version are known here. */
  readonly version: number
  readonly size: number
  isDenied(claims: DeniableClaims): boolean
  /** How many tokens of a client are revoked one by one. */
  countOf(clientId: string): number
  /** Those after a version that concern certain audiences, at most `limit`. */
  after(version: number, options: StretchOptions): Stretch
  /** Takes in what is newer than {@link version}, in order. */
  add(revocations: readonly Revocation[]): void
  /** Takes note that there is no revocation that is not known, up to a version. */
  note(version: number): void
  /** Begins again with these. */
  replace(revocations: readonly Revocation[], version: number): void
  /** Forgets what no token needs any more. Returns how many. */
  forgetUnneeded(now: number): number
}

export const createLiveRevocations = (): LiveRevocations => {
  let index = createIndex([])
  let version = 0

  return {
    get version() {
      return version
    },
    get size() {
      return index.ordered.length
    },
    isDenied: (claims) => index.isDenied(claims),
    countOf: (clientId) => index.countOf(clientId),
    after(after, { audiences, limit }) {
      const revocations: Revocation[] = []
      for (let at = firstAfter(index.ordered, after); at < index.ordered.length; at++) {
        const revocation = index.ordered[at]
        if (revocation === undefined || !concerns(revocation, audiences)) continue
        revocations.push(revocation)
        if (revocations.length >= limit) return { revocations, version: revocation.version }
      }
      return { revocations, version: Math.max(after, version) }
    },
    add(revocations) {
      for (const revocation of revocations) {
        if (revocation.version <= version) continue
        index.add(revocation)
        version = revocation.version
      }
    },
    note(seen) {
      version = Math.max(version, seen)
    },
    replace(revocations, seen) {
      index = createIndex(revocations)
      version = Math.max(seen, revocations.at(-1)?.version ?? 0)
    },
    forgetUnneeded(now) {
      const needed = index.ordered.filter(({ neededUntil }) => neededUntil > now)
      const forgotten = index.ordered.length - needed.length
      if (forgotten > 0) index = createIndex(needed)
      return forgotten
    },
  }
}

const concerns = ({ audience }: Revocation, audiences: readonly string[] | undefined): boolean =>
  audiences === undefined || audience === undefined || audiences.includes(audience)

/** Where the first with a greater version is. */
const firstAfter = (ordered: readonly Revocation[], version: number): number => {
  let low = 0
  let high = ordered.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ordered[middle]?.version ?? 0) > version) high = middle
    else low = middle + 1
  }
  return low
}

const createIndex = (revocations: readonly Revocation[]) => {
  const ordered: Revocation[] = []
  const tokens = new Map<string, Set<string>>()
  const cutoffs = new Map<string, TokenCutoff[]>()
  const perClient = new Map<string, number>()
  const interned = new Map<string, string>()

  // a hundred thousand rows name the same few issuers, audiences and clients
  const intern = <T extends string | undefined>(text: T): T => {
    if (text === undefined) return text
    const known = interned.get(text)
    if (known !== undefined) return known as T
    interned.set(text, text)
    return text
  }

  const add = (given: Revocation) => {
    const { issuer, clientId, audience } = given
    const revocation = { ...given, issuer: intern(issuer), clientId: intern(clientId), audience: intern(audience) }
    ordered.push(revocation)
    if (revocation.kind === 'cutoff') return addCutoff(revocation)
    const ids = tokens.get(revocation.issuer)
    if (ids === undefined) tokens.set(revocation.issuer, new Set([revocation.jti]))
    else ids.add(revocation.jti)
    if (revocation.clientId !== undefined) {
      perClient.set(revocation.clientId, (perClient.get(revocation.clientId) ?? 0) + 1)
    }
  }

  /** Of two that differ in nothing but the time, the later one denies all that the earlier does. */
  const addCutoff = (cutoff: TokenCutoff) => {
    const place = placeOf(cutoff)
    const others = (cutoffs.get(place) ?? []).filter((other) => !isAlike(other, cutoff))
    const earlier = (cutoffs.get(place) ?? []).find((other) => isAlike(other, cutoff))
    const later = earlier !== undefined && earlier.issuedBefore > cutoff.issuedBefore ? earlier : cutoff
    cutoffs.set(place, [...others, later])
  }

  for (const revocation of revocations) add(revocation)
  return {
    ordered,
    add,
    countOf: (clientId: string) => perClient.get(clientId) ?? 0,
    isDenied: (claims: DeniableClaims) =>
      tokens.get(claims.iss)?.has(claims.jti) === true ||
      (cutoffs.size > 0 &&
        placesOf(claims).some((place) =>
          cutoffs.get(place)?.some((cutoff) => isCutOff(claims, toCutoffDocument(cutoff))),
        )),
  }
}

/** Where a cut-off is kept: under the narrowest thing that it names. */
const placeOf = ({ credentialId, clientId, audience }: TokenCutoff): string => {
  if (credentialId !== undefined) return `credential ${credentialId}`
  if (clientId !== undefined) return `client ${clientId}`
  return audience === undefined ? 'all' : `audience ${audience}`
}

/** Where the cut-offs are that may be about a token. */
const placesOf = ({ credential_id: credentialId, client_id: clientId, aud }: DeniableClaims): readonly string[] => [
  `credential ${credentialId}`,
  `client ${clientId}`,
  ...(typeof aud === 'string' ? [aud] : aud).map((audience) => `audience ${audience}`),
  'all',
]

const isAlike = (one: TokenCutoff, other: TokenCutoff): boolean =>
  one.issuer === other.issuer &&
  one.clientId === other.clientId &&
  one.credentialId === other.credentialId &&
  one.audience === other.audience
