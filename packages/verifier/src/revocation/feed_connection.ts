/** Talking to the feed over HTTP: a page of JSON, or a stream of events, each within bounds. WHATWG HTML §9.2. */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { eventStreamType, type RevocationDocument, revocationEventType } from '@credence/protocol'
import { createEventStreamParser } from './event_stream.ts'
import type { Authorize } from './feed_authorization.ts'
import { parseFeedDocument } from './feed_document.ts'
import { describeStatus, FeedError, reasonOf } from './feed_error.ts'

export interface FeedConnection {
  /** What is new after a cursor, or the beginning. @throws {FeedError} */
  readPage(cursor: string | undefined, signal: AbortSignal): Promise<RevocationDocument>
  /**
   * Follows the stream from a cursor until it ends.
   *
   * @throws {FeedError} when it is refused, is silent for too long, or breaks.
   */
  follow(cursor: string, options: FollowOptions): Promise<void>
}

export interface FollowOptions {
  readonly signal: AbortSignal
  /** An event, or undefined for a heartbeat. What it throws ends the stream. */
  readonly onHeard: (document: RevocationDocument | undefined) => void
}

export interface FeedBounds {
  /** For one page: asking for it and reading it. */
  readonly pageMs: number
  /** Until the first event, which comes at once unless something on the way keeps it back. */
  readonly firstEventMs: number
  /** Between two lines; a heartbeat comes every 15 s. */
  readonly silentMs: number
  readonly pageBytes: number
  readonly eventLength: number
}

/** A page has at most 2,000 entries and an event 250, of some 120 bytes each. */
export const feedBounds: FeedBounds = {
  pageMs: 5_000,
  firstEventMs: 5_000,
  silentMs: 45_000,
  pageBytes: 4_194_304,
  eventLength: 1_048_576,
}

export interface FeedConnectionOptions {
  readonly url: URL
  readonly authorize: Authorize
  readonly bounds?: FeedBounds
}

/** Nothing of it keeps the process alive. Redirects are not followed, so that credentials go nowhere else. */
export const createFeedConnection = ({
  url,
  authorize,
  bounds = feedBounds,
}: FeedConnectionOptions): FeedConnection => {
  const open = async (accept: string, cursor: string | undefined, signal: AbortSignal): Promise<IncomingMessage> => {
    const address = new URL(url)
    if (cursor !== undefined) address.searchParams.set('since', cursor)
    const authorization = await withoutDetails(authorize, signal)
    const response = await send(address, {
      accept,
      authorization,
      ...(cursor !== undefined && accept === eventStreamType && { 'last-event-id': cursor }),
      signal,
    })
    checkResponse(response, accept)
    return response
  }

  const within = async <T>(signal: AbortSignal, ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const timeout = AbortSignal.timeout(ms)
    try {
      return await work(AbortSignal.any([signal, timeout]))
    } catch (error) {
      throw named(url, error, timeout.aborted ? `no complete answer within ${ms} ms` : undefined)
    }
  }

  return {
    readPage: (cursor, outer) =>
      within(outer, bounds.pageMs, async (signal) => {
        const response = await open('application/json', cursor, signal)
        return parseFeedDocument(await readBody(response, bounds.pageBytes))
      }),

    async follow(cursor, { signal: outer, onHeard }) {
      const silence = createSilenceWatch(bounds)
      const signal = AbortSignal.any([outer, silence.signal])
      try {
        const response = await open(eventStreamType, cursor, signal)
        const take = createEventStreamParser({
          maxLength: bounds.eventLength,
          onEvent: (type, data) => {
            silence.heard()
            if (type === revocationEventType) onHeard(parseFeedDocument(data))
          },
          onComment: () => {
            silence.heard()
            onHeard(undefined)
          },
        })
        const decoder = new TextDecoder()
        for await (const chunk of response as AsyncIterable<Buffer>) take(decoder.decode(chunk, { stream: true }))
      } catch (error) {
        throw named(url, error, silence.fault())
      } finally {
        silence.stop()
      }
    },
  }
}

interface SendOptions {
  readonly accept: string
  readonly authorization: string
  readonly 'last-event-id'?: string
  readonly signal: AbortSignal
}

const send = (url: URL, { signal, ...headers }: SendOptions): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest
    const sent = request(url, {
      agent: false,
      signal,
      headers: { ...headers, 'accept-encoding': 'identity', 'cache-control': 'no-store' },
    })
    sent.on('socket', (socket) => socket.unref())
    sent.on('response', resolve).on('error', reject).end()
  })

const checkResponse = (response: IncomingMessage, accept: string): void => {
  const { statusCode: status = 0, headers } = response
  const type = headers['content-type'] ?? ''
  if (status === 200 && type.split(';')[0]?.trim().toLowerCase() === accept) return
  response.destroy()
  const seconds = /^\d{1,5}$/.exec(headers['retry-after'] ?? '')?.[0]
  const what = status === 200 ? `the answer is not ${accept}` : describeStatus(status)
  throw new FeedError(what, { status, retryAfterSeconds: seconds === undefined ? undefined : Number(seconds) })
}

const readBody = async (response: IncomingMessage, maxBytes: number): Promise<string> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    // leaving the loop destroys the response
    if (length > maxBytes) throw new FeedError(`a page of more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  // an answer that ends too early looks like one that is whole
  if (!response.complete) throw new FeedError('the answer broke off')
  return Buffer.concat(chunks).toString('utf8')
}

/** What the caller's function throws may hold anything; and it may not come back. */
const withoutDetails = async (authorize: Authorize, signal: AbortSignal): Promise<string> => {
  const aborted = Promise.withResolvers<never>()
  const giveUp = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    return await Promise.race([authorize(), aborted.promise])
  } catch (error) {
    throw new FeedError(`no credentials for it could be had: ${reasonOf(error)}`)
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

const named = ({ origin, pathname }: URL, error: unknown, fault: string | undefined): FeedError => {
  const { status, retryAfterSeconds } = error instanceof FeedError ? error : {}
  return new FeedError(`${origin}${pathname}: ${fault ?? reasonOf(error)}`, { status, retryAfterSeconds })
}

/** Aborts when nothing has come for too long. */
const createSilenceWatch = ({ firstEventMs, silentMs }: FeedBounds) => {
  const controller = new AbortController()
  let fault: string | undefined
  const giveUpAfter = (ms: number, what: string) => {
    const timer = setTimeout(() => {
      fault = what
      controller.abort()
    }, ms)
    return timer.unref()
  }
  let timer = giveUpAfter(firstEventMs, `no event within ${firstEventMs} ms; does something on the way keep it back?`)
  return {
    signal: controller.signal,
    fault: () => fault,
    heard() {
      clearTimeout(timer)
      timer = giveUpAfter(silentMs, `silent for ${silentMs} ms`)
    },
    stop: () => clearTimeout(timer),
  }
}
