/** Credence's revocation feed as a source: what is denied is known here before it is asked for. */
import { setTimeout as pause } from 'node:timers/promises'
import {
  type Clock,
  createSteadyClock,
  isIssuer,
  isSecureUrl,
  type Randomness,
  systemClock,
  systemRandomness,
} from '@credence/protocol'
import { createDenials } from './denials.ts'
import { createAuthorize, type FeedCredentials } from './feed_authorization.ts'
import { createFeedConnection, type FeedBounds, feedBounds } from './feed_connection.ts'
import type { FeedStatus } from './feed_events.ts'
import { createFeedFollower } from './feed_follower.ts'
import type { RevocableToken, RevocationSource } from './revocation_source.ts'

export interface RevocationFeedOptions extends FeedCredentials {
  /** Whose tokens it is about; the feed is at `/oauth/revocations` below it. */
  readonly issuer: string
  /** Where the feed is, if elsewhere. https, or http on loopback. */
  readonly url?: string
  /**
   * What happens to tokens that are not known to be denied while nothing has been heard of the feed for `maxStaleSeconds`,
   * or ever. `accept` unless given: they live for minutes, and an API that stops with its authorization server is the
   * greater harm. `refuse` answers 503.
   */
  readonly onUnavailable?: 'accept' | 'refuse'
  /** 120 unless given; 10 to 3600. */
  readonly maxStaleSeconds?: number
  /** How often it is asked while there is no stream. 5 unless given; 1 to 300. */
  readonly pollSeconds?: number
  /** Most single tokens that are kept, and most cut-offs. 300,000 unless given, more than a Credence server has. */
  readonly maxEntries?: number
  readonly clock?: Clock
  readonly randomness?: Randomness
  /** Tighter or wider limits of the connection. */
  readonly bounds?: Partial<FeedBounds>
}

export interface RevocationFeed extends RevocationSource {
  readonly issuer: string
  isRevoked(token: RevocableToken): boolean | Promise<boolean>
  /** Begins to follow. The resource server does it. */
  start(): void
  /** Ends it for good; what was denied stays so. The resource server does it. */
  close(): void
  status(): FeedStatus
}

/** How long the first requests wait for the first reading, so that a restarted API does not let in what was denied. Milliseconds. */
const firstReadingMs = 2_000

/**
 * Follows the revocation feed of a Credence server, for one resource server.
 *
 * A stream of events; while that cannot be had, a question every `pollSeconds`. It keeps no process alive.
 *
 * @throws {TypeError} or {RangeError} when an option is not usable.
 */
export const revocationFeed = (options: RevocationFeedOptions): RevocationFeed => {
  const { issuer, clock = systemClock, randomness = systemRandomness, onUnavailable = 'accept' } = options
  const { maxEntries = 300_000, maxStaleSeconds = 120, pollSeconds = 5 } = options
  checkOptions({ onUnavailable, maxEntries, maxStaleSeconds, pollSeconds })
  const url = feedUrl(options)
  const steady = createSteadyClock(clock)
  const denials = createDenials({ issuer, maxEntries, now: () => steady.epochSeconds() })
  const bounds = { ...feedBounds, ...options.bounds }
  const follower = createFeedFollower({
    issuer,
    denials,
    connection: createFeedConnection({ url, authorize: createAuthorize(options), bounds }),
    maxStaleSeconds,
    pollSeconds,
    clock,
    random: () => (randomness.bytes(1)[0] ?? 0) / 256,
    pause: (ms, signal) => pause(ms, undefined, { signal, ref: false }).catch(() => undefined),
  })

  const decide = (token: RevocableToken): boolean => {
    if (denials.isDenied(token)) return true
    const { overflowing, stale, fault } = follower.status()
    // which of them are denied is not known, so none may pass, whatever is to happen while the feed is away
    if (overflowing) throw new Error('there are more revocations than there is room for')
    if (stale && onUnavailable === 'refuse') throw new Error(fault ?? 'the feed has not been heard of for too long')
    return false
  }

  const decideAfter = async (first: Promise<void>, token: RevocableToken): Promise<boolean> => {
    const enough = new AbortController()
    const wait = pause(firstReadingMs, undefined, { signal: enough.signal, ref: false }).catch(() => undefined)
    await Promise.race([first, wait])
    enough.abort()
    return decide(token)
  }

  return {
    issuer,
    start: follower.start,
    close: follower.close,
    status: follower.status,
    isRevoked(token) {
      if (token.iss !== issuer) return false
      const { firstAttempt } = follower
      return firstAttempt === undefined ? decide(token) : decideAfter(firstAttempt, token)
    },
  }
}

const feedUrl = ({ issuer, url }: RevocationFeedOptions): URL => {
  if (!isIssuer(issuer)) throw new TypeError(`issuer must be an issuer's URL, without query and fragment: ${issuer}`)
  const feed = URL.parse(url ?? `${issuer.replace(/\/$/, '')}/oauth/revocations`)
  if (feed === null || !isSecureUrl(feed)) throw new TypeError('the feed must be https, or http on loopback')
  if (feed.username !== '' || feed.password !== '') throw new TypeError('the URL of the feed has user information')
  return feed
}

type Checked = Required<Pick<RevocationFeedOptions, 'onUnavailable' | 'maxEntries' | 'maxStaleSeconds' | 'pollSeconds'>>

const checkOptions = ({ onUnavailable, maxEntries, maxStaleSeconds, pollSeconds }: Checked): void => {
  if (!['accept', 'refuse'].includes(onUnavailable)) throw new TypeError('onUnavailable must be accept or refuse')
  checkRange('maxEntries', maxEntries, [1, 10_000_000])
  checkRange('maxStaleSeconds', maxStaleSeconds, [10, 3_600])
  checkRange('pollSeconds', pollSeconds, [1, 300])
}

const checkRange = (name: string, value: number, [least, most]: readonly [number, number]): void => {
  if (!(Number.isSafeInteger(value) && value >= least && value <= most)) {
    throw new RangeError(`${name} must be a whole number from ${least} to ${most}`)
  }
}
