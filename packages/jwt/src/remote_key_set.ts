/** An issuer's key set over the network: cached, fetched ahead, once at a time and seldom, and kept while the issuer is down. RFC 7517 §5. */
import { type Clock, isLoopbackHost, systemClock } from '@credence/protocol'
import { type SignatureAlgorithm, signatureAlgorithms } from './algorithms.ts'
import { createGuardedFetch, type FetchDocument } from './guarded_fetch.ts'
import { discoverJwksUri } from './issuer_metadata.ts'
import { JwtError } from './jwt_error.ts'
import { exportKeySet, type KeySet, type ParsedKeySet, parseKeySet, unknownKey } from './key_set.ts'
import { type KeySetSnapshot, parseKeySetSnapshot } from './key_set_snapshot.ts'
import type { NetworkReach } from './network_guard.ts'

/** How long a set is used before it is fetched again: what Cache-Control says, within these. */
export const minFreshSeconds = 300
export const maxFreshSeconds = 86_400
/** From this part of that time on, whoever uses the set has it fetched anew without waiting for it. */
export const dueFraction = 0.8
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
  /** Keys to begin with: a {@link KeySetSnapshot} or a key set document. One that is older than 24 hours is not used. */
  readonly hydrate?: unknown
  /** Is told of every attempt to fetch the keys. Must not throw. */
  readonly onFetch?: (event: KeyFetchEvent) => void
}

export type KeyFetchEvent =
  | { readonly type: 'started'; readonly issuer: string }
  | {
      readonly type: 'succeeded'
      readonly issuer: string
      readonly durationMs: number
      readonly keys: number
      /** Keys of the set that cannot be used. */
      readonly skipped: number
    }
  | { readonly type: 'failed'; readonly issuer: string; readonly durationMs: number; readonly error: string }

export interface RemoteKeySet extends KeySet {
  /** The keys as they are held now, to be written down for another start; undefined when there are none. */
  snapshot(): KeySetSnapshot | undefined
}

/** A set as it was fetched; times in monotonic milliseconds but for `fetchedAt`, in epoch seconds. */
interface Held {
  readonly keys: ParsedKeySet
  readonly fetchedAt: number
  readonly dueMs: number
  readonly freshUntilMs: number
  readonly staleUntilMs: number
}

/**
 * The keys of a remote issuer.
 *
 * A set that will soon be too old is fetched anew behind the back of whoever uses it. An unknown kid has the set fetched
 * again, at most once in 30 s whoever asks, so that made-up kids cost the issuer nothing; a key that is known is found
 * meanwhile whatever else happens. A set without a single usable key counts as a failure to fetch it.
 *
 * @throws {TypeError} when `hydrate` is no key set or another issuer's; {JwtError} `unsuitable_key` when it has too many keys.
 */
export const createRemoteKeySet = (options: RemoteKeySetOptions): RemoteKeySet => {
  const { issuer, algorithms = signatureAlgorithms, clock = systemClock, onFetch } = options
  const fetchDocument = options.fetchDocument ?? createGuardedFetch({ reach: reachFor(issuer, options) })
  let held = hydrate(options, algorithms, clock)
  let underWay: Promise<void> | undefined
  let nextAttemptMs = Number.NEGATIVE_INFINITY
  let lastError: unknown

  const fetchKeys = async (): Promise<Held> => {
    const uri = options.jwksUri ?? (await discoverJwksUri(issuer, fetchDocument))
    const { document, maxAgeSeconds = minFreshSeconds } = await fetchDocument(uri)
    const keys = parseKeySet(document, algorithms, held?.keys)
    if (keys.keys.size === 0) throw new Error(`the key set has no usable key: ${reasons(keys)}`)
    const now = clock.monotonicMs()
    const freshMs = Math.min(Math.max(maxAgeSeconds, minFreshSeconds), maxFreshSeconds) * 1000
    return {
      keys,
      fetchedAt: clock.epochSeconds(),
      dueMs: now + freshMs * dueFraction,
      freshUntilMs: now + freshMs,
      staleUntilMs: now + maxStaleSeconds * 1000,
    }
  }

  const refresh = async (): Promise<void> => {
    const startedMs = clock.monotonicMs()
    onFetch?.({ type: 'started', issuer })
    try {
      held = await fetchKeys()
      lastError = undefined
      const { keys, skipped } = held.keys
      const durationMs = clock.monotonicMs() - startedMs
      onFetch?.({ type: 'succeeded', issuer, durationMs, keys: keys.size, skipped: skipped.length })
    } catch (error) {
      lastError = error
      onFetch?.({ type: 'failed', issuer, durationMs: clock.monotonicMs() - startedMs, error: messageOf(error) })
    } finally {
      const pause = usableKeys() === undefined ? emptyCooldownSeconds : cooldownSeconds
      nextAttemptMs = clock.monotonicMs() + pause * 1000
      underWay = undefined
    }
  }

  /** Joins the attempt under way, or starts one if it is time; undefined when it is not. Never rejects. */
  const tryRefresh = (): Promise<void> | undefined => {
    if (underWay === undefined && clock.monotonicMs() >= nextAttemptMs) underWay = refresh()
    return underWay
  }

  const usableKeys = (): ParsedKeySet | undefined =>
    held !== undefined && clock.monotonicMs() < held.staleUntilMs ? held.keys : undefined

  const unavailable = (): JwtError => {
    const retryAfterSeconds = Math.max(1, Math.ceil((nextAttemptMs - clock.monotonicMs()) / 1000))
    const message = `the keys of ${issuer} cannot be had`
    return new JwtError('keys_unavailable', message, { cause: lastError, retryAfterSeconds })
  }

  /** The set as long as it needs no fetching; one that is due is fetched while its keys go on being used. */
  const freshKeys = (): ParsedKeySet | undefined => {
    const now = clock.monotonicMs()
    if (held === undefined || now >= held.freshUntilMs) return undefined
    if (now >= held.dueMs) tryRefresh()
    return held.keys
  }

  const findFetching: KeySet['find'] = async (kid, algorithm) => {
    const attempt = tryRefresh()
    const known = usableKeys()?.find(kid, algorithm)
    // while the issuer is down, those whose key is known do not wait for the next attempt to fail
    if (known === undefined || lastError === undefined) await attempt
    const keys = usableKeys()
    if (keys === undefined) throw unavailable()
    const key = keys.find(kid, algorithm)
    if (key === undefined) throw unknownKey(kid)
    return key
  }

  return {
    find: (kid, algorithm) => freshKeys()?.find(kid, algorithm) ?? findFetching(kid, algorithm),
    isCurrent: (key) => freshKeys()?.keys.has(key) === true,
    snapshot: () => held && { issuer, fetchedAt: held.fetchedAt, ...exportKeySet(held.keys) },
  }
}

/** A set from an earlier run: as good as fresh until it has been fetched or could have been, and due at once. */
const hydrate = (
  options: RemoteKeySetOptions,
  algorithms: readonly SignatureAlgorithm[],
  clock: Clock,
): Held | undefined => {
  if (options.hydrate === undefined) return undefined
  const { fetchedAt, keys } = parseKeySetSnapshot(options.hydrate, options.issuer, clock.epochSeconds())
  const parsed = parseKeySet({ keys }, algorithms)
  const now = clock.monotonicMs()
  const usableMs = (fetchedAt + maxStaleSeconds - clock.epochSeconds()) * 1000
  if (usableMs <= 0 || parsed.keys.size === 0) return undefined
  return {
    keys: parsed,
    fetchedAt,
    dueMs: now,
    freshUntilMs: now + Math.min(minFreshSeconds * 1000, usableMs),
    staleUntilMs: now + usableMs,
  }
}

/** How far requests to an issuer's documents and endpoints may go. */
export const reachFor = (
  issuer: string,
  { allowPrivateAddresses = false }: { readonly allowPrivateAddresses?: boolean },
): NetworkReach => {
  if (allowPrivateAddresses) return 'any'
  return isLoopbackHost(new URL(issuer).hostname) ? 'loopback' : 'public'
}

const reasons = ({ skipped }: ParsedKeySet): string => skipped.map(({ reason }) => reason).join('; ') || 'it is empty'

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'failed')
