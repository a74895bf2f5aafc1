/** Keeps the denials of one issuer true: reads all there is, follows the stream, polls while there is none, and waits longer after every failure. */
import { type Clock, heartbeatSeconds, type RevocationDocument } from '@credence/protocol'
import type { Denials } from './denials.ts'
import type { FeedConnection } from './feed_connection.ts'
import { FeedError, reasonOf } from './feed_error.ts'
import { type FeedState, type FeedStatus, publishFeedEvent, warnOfFeed } from './feed_events.ts'

export interface FeedFollowerDeps {
  readonly issuer: string
  readonly connection: FeedConnection
  readonly denials: Denials
  readonly maxStaleSeconds: number
  readonly pollSeconds: number
  readonly clock: Clock
  /** From 0 to 1. */
  readonly random: () => number
  /** Resolves when the time has passed or the signal is aborted; keeps no process alive. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
}

export interface FeedFollower {
  start(): void
  close(): void
  status(): FeedStatus
  /** Resolves when the first attempt has ended, well or not. Undefined once it has. */
  readonly firstAttempt: Promise<void> | undefined
}

/** The pause after a failure doubles from the first to the second of these. Milliseconds. */
export const backoff = { firstMs: 500, mostMs: 15_000 } as const
/** What a server may ask for with Retry-After, at most. */
const mostRetryAfterMs = 60_000
/** A stream that ends sooner than this was cut by something that does not let streams through. */
export const shortStreamMs = 10_000
/** After so many in a row it is polled, and the stream tried again after a while. */
const shortStreamsUntilPoll = 2
export const streamRetryMs = 60_000
/** All subscribers of a server that ends come again at once; they spread over this. */
const resumeSpreadMs = 500
/** Far more than a server holds: one that never comes to an end is broken. */
const mostPages = 1_000
const forgetIntervalMs = 30_000

export const createFeedFollower = (deps: FeedFollowerDeps): FeedFollower => {
  const { issuer, connection, denials, clock, random } = deps
  const closing = new AbortController()
  const first = Promise.withResolvers<void>()
  let started = false
  let firstEnded = false
  let state: FeedState = 'connecting'
  let since = clock.epochSeconds()
  let cursor: string | undefined
  let heardMs: number | undefined
  let heardAt: number | undefined
  let overflowing = false
  let fault: string | undefined
  let announced = ''
  let failures = 0
  let shortStreams = 0
  let nextStreamMs = Number.NEGATIVE_INFINITY
  let forgetMs = clock.monotonicMs() + forgetIntervalMs
  /** Ends the stream that is open, to read everything anew. */
  let stream: AbortController | undefined

  const status = (): FeedStatus => ({
    state,
    since,
    cursor,
    entries: denials.size,
    heardAt,
    stale: heardMs === undefined || clock.monotonicMs() - heardMs > deps.maxStaleSeconds * 1000,
    overflowing,
    fault,
  })

  const enter = (next: FeedState) => {
    if (state !== next) {
      state = next
      since = clock.epochSeconds()
    }
    const now = status()
    const what = `${now.state} ${now.stale} ${now.overflowing}`
    if (what === announced) return
    announced = what
    publishFeedEvent(() => ({ issuer, ...now }))
  }

  const heard = () => {
    heardMs = clock.monotonicMs()
    heardAt = clock.epochSeconds()
  }

  /** Returns whether there was room for all. What there is none for is overflow at once: the cursor goes past it. */
  const take = (document: RevocationDocument): boolean => {
    const hasRoom = denials.add(document) === 0
    cursor = document.cursor
    if (!hasRoom && !overflowing) {
      warnOfFeed(`the revocation feed of ${issuer} has more entries than there is room for: every token gets 503`)
    }
    overflowing ||= !hasRoom
    return hasRoom
  }

  /** Pages until one is empty. Without a cursor it reads all, after which an earlier overflow is over unless it happens again. */
  const catchUp = async () => {
    let isWhole = cursor === undefined
    let hadRoom = true
    for (let page = 0; page < mostPages; page++) {
      const document = await connection.readPage(cursor, closing.signal).catch((error: unknown) => {
        // "the cursor is none of this database": what was denied stays denied, and all is read again
        if (!(error instanceof FeedError && error.status === 410 && cursor !== undefined)) throw error
      })
      if (document === undefined) {
        cursor = undefined
        isWhole = true
        continue
      }
      const isLast = document.revoked.length === 0 && document.cutoffs.length === 0
      hadRoom = take(document) && hadRoom
      if (!isLast) continue
      if (hadRoom && isWhole) overflowing = false
      return heard()
    }
    throw new FeedError(`the feed of ${issuer} does not come to an end within ${mostPages} pages`)
  }

  const forget = () => {
    if (clock.monotonicMs() < forgetMs) return
    forgetMs = clock.monotonicMs() + forgetIntervalMs
    denials.forgetUnneeded()
    if (!overflowing) return
    // there may be room now for what there was none for
    cursor = undefined
    stream?.abort()
  }

  const followStream = async (from: string) => {
    const startedMs = clock.monotonicMs()
    const thisStream = new AbortController()
    stream = thisStream
    let opened = false
    const ended = connection.follow(from, {
      signal: AbortSignal.any([closing.signal, thisStream.signal]),
      onHeard(document) {
        if (document !== undefined) take(document)
        heard()
        opened = true
        fault = undefined
        enter('connected')
        forget()
      },
    })
    const error: unknown = await ended.catch((thrown: unknown) => thrown)
    stream = undefined
    if (closing.signal.aborted || thisStream.signal.aborted) return
    fault = error === undefined ? undefined : reasonOf(error)
    judgeStream({ opened, startedMs })
    enter('polling')
  }

  /** Whether the next one may be tried at once. */
  const judgeStream = ({ opened, startedMs }: { readonly opened: boolean; readonly startedMs: number }) => {
    const now = clock.monotonicMs()
    const wasSilent = now - (heardMs ?? 0) > 2 * heartbeatSeconds * 1000
    // refused, held back or silent: the next one would be so too
    if (!opened || wasSilent) shortStreams = shortStreamsUntilPoll
    else shortStreams = now - startedMs < shortStreamMs ? shortStreams + 1 : 0
    if (shortStreams < shortStreamsUntilPoll) return
    shortStreams = 0
    nextStreamMs = now + streamRetryMs
  }

  const waitAfter = async (error: unknown) => {
    fault = reasonOf(error)
    enter('away')
    shortStreams = 0
    nextStreamMs = Number.NEGATIVE_INFINITY
    const { status: code, retryAfterSeconds = 0 } = error instanceof FeedError ? error : {}
    if (code === 401 || code === 403 || code === 404) warnOfFeed(`the revocation feed is not followed: ${fault}`)
    const backoffMs = Math.min(backoff.firstMs * 2 ** Math.min(failures++, 16), backoff.mostMs) * (0.5 + random() / 2)
    await deps.pause(Math.max(backoffMs, Math.min(retryAfterSeconds * 1000, mostRetryAfterMs)), closing.signal)
  }

  const endFirst = () => {
    firstEnded = true
    first.resolve()
  }

  const round = async () => {
    await catchUp()
    failures = 0
    endFirst()
    if (cursor !== undefined && clock.monotonicMs() >= nextStreamMs) {
      await followStream(cursor)
      await deps.pause(random() * resumeSpreadMs, closing.signal)
    } else {
      enter('polling')
      await deps.pause(deps.pollSeconds * 1000, closing.signal)
    }
    forget()
  }

  const run = async () => {
    while (!closing.signal.aborted) {
      try {
        await round()
      } catch (error) {
        endFirst()
        if (!closing.signal.aborted) await waitAfter(error)
      }
    }
    enter('closed')
  }

  return {
    start() {
      if (started) return
      started = true
      void run()
    },
    close() {
      started = true
      closing.abort()
      endFirst()
    },
    status,
    get firstAttempt() {
      return firstEnded ? undefined : first.promise
    },
  }
}
