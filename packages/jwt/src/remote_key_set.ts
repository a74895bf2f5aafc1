/** An issuer's key set over the network: cached, fetched once at a time and seldom, and kept while the issuer is down. RFC 7517 §5. */
import { type Clock, isLoopbackHost, systemClock } from '@credence/protocol'
import { type SignatureAlgorithm, signatureAlgorithms } from './algorithms.ts'
import { createGuardedFetch, type FetchDocument } from './guarded_fetch.ts'
import { discoverJwksUri } from './issuer_metadata.ts'
import { JwtError } from './jwt_error.ts'
import { type KeySet, type ParsedKeySet, parseKeySet, unknownKey } from './key_set.ts'

/** How long a set is used before it is fetched again: what Cache-Control says, within these. */
export const minFreshSeconds = 300
export const maxFreshSeconds = 86_400
/** How long a set that cannot be fetched again goes on being used, from when it was fetched. */
export const maxStaleSeconds = 86_400
/** After an attempt, good or bad, the next one waits this long. */
export const cooldownSeconds = 30
/** The same while there are no keys at all, when nobody can be served without. */
export const emptyCooldownSeconds = 5

export interface RemoteKeySetOptions {
  readonly issuer: string
  /** Found through the issuer's metadata unless given. */
  readonly jwksUri?: string
  readonly algorithms?: readonly SignatureAlgorithm[]
  /** Private networks and loopback. Loopback alone is allowed without where the issuer is on it. */
  readonly allowPrivateAddresses?: boolean
  readonly clock?: Clock
  /** Replaces the guarded fetch. Whatever is given must keep its bounds. */
  readonly fetchDocument?: FetchDocument
}

/** A set as it was fetched, in monotonic milliseconds. */
interface Held {
  readonly keys: ParsedKeySet
  readonly freshUntilMs: number
  readonly staleUntilMs: number
}

/**
 * The keys of a remote issuer.
 *
 * An unknown kid has the set fetched again, at most once in 30 s whoever asks, so that made-up kids cost the issuer
 * nothing; a key that is known is found meanwhile whatever else happens. A set without a single usable key counts as a
 * failure to fetch it.
 */
export const createRemoteKeySet = (options: RemoteKeySetOptions): KeySet => {
  const { issuer, algorithms = signatureAlgorithms, clock = systemClock } = options
  const fetchDocument = options.fetchDocument ?? createGuardedFetch({ reach: reachOf(options) })
  let held: Held | undefined
  let underWay: Promise<void> | undefined
  let nextAttemptMs = Number.NEGATIVE_INFINITY
  let lastError: unknown

  const refresh = async (): Promise<void> => {
    try {
      const uri = options.jwksUri ?? (await discoverJwksUri(issuer, fetchDocument))
      const { document, maxAgeSeconds = minFreshSeconds } = await fetchDocument(uri)
      const keys = parseKeySet(document, algorithms, held?.keys)
      if (keys.keys.size === 0) throw new Error(`the key set has no usable key: ${reasons(keys)}`)
      const now = clock.monotonicMs()
      const freshSeconds = Math.min(Math.max(maxAgeSeconds, minFreshSeconds), maxFreshSeconds)
      held = { keys, freshUntilMs: now + freshSeconds * 1000, staleUntilMs: now + maxStaleSeconds * 1000 }
      lastError = undefined
    } catch (error) {
      lastError = error
    } finally {
      const pause = held === undefined ? emptyCooldownSeconds : cooldownSeconds
      nextAttemptMs = clock.monotonicMs() + pause * 1000
      underWay = undefined
    }
  }

  /** Joins the attempt under way, or starts one if it is time; undefined when it is not. Never rejects. */
  const tryRefresh = (): Promise<void> | undefined => {
    if (underWay === undefined && clock.monotonicMs() >= nextAttemptMs) underWay = refresh()
    return underWay
  }

  const usable = (): ParsedKeySet => {
    const now = clock.monotonicMs()
    if (held !== undefined && now < held.staleUntilMs) return held.keys
    const retryAfterSeconds = Math.max(1, Math.ceil((nextAttemptMs - now) / 1000))
    throw new JwtError('keys_unavailable', `the keys of ${issuer} cannot be had`, {
      cause: lastError,
      retryAfterSeconds,
    })
  }

  const isFresh = (): boolean => held !== undefined && clock.monotonicMs() < held.freshUntilMs

  const findFetching: KeySet['find'] = async (kid, algorithm) => {
    const attempt = tryRefresh()
    const known = held?.keys.find(kid, algorithm)
    // while the issuer is down, those whose key is known do not wait for the next attempt to fail
    if (known === undefined || lastError === undefined) await attempt
    const key = usable().find(kid, algorithm)
    if (key === undefined) throw unknownKey(kid)
    return key
  }

  return {
    find: (kid, algorithm) => (isFresh() ? held?.keys.find(kid, algorithm) : undefined) ?? findFetching(kid, algorithm),
    isCurrent: (key) => isFresh() && held?.keys.keys.has(key) === true,
  }
}

const reachOf = ({ issuer, allowPrivateAddresses = false }: RemoteKeySetOptions) => {
  if (allowPrivateAddresses) return 'any'
  return isLoopbackHost(new URL(issuer).hostname) ? 'loopback' : 'public'
}

const reasons = ({ skipped }: ParsedKeySet): string => skipped.map(({ reason }) => reason).join('; ') || 'it is empty'
