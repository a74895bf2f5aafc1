/** The one door to the authorization server: every request passes the pause and the breaker, and is counted. */
import type { Clock } from '@credence/protocol'
import type { Events, RequestEvent } from '../events.ts'
import { TokenError } from '../token_error.ts'
import { boundedFetch, type Fetch } from './bounded_fetch.ts'
import type { Breaker } from './breaker.ts'
import { closedError } from './deadline.ts'
import type { Pause } from './pause.ts'
import { parseRetryAfter } from './server_answer.ts'
import type { Skew } from './skew.ts'

export interface ServerRequestsOptions {
  readonly fetch: Fetch
  readonly clock: Clock
  readonly breaker: Breaker
  readonly pause: Pause
  readonly skew: Skew
  readonly events: Events
  /** Fires when the token manager is closed. */
  readonly closing: AbortSignal
}

export interface ServerRequests {
  /** Says early, before a secret is fetched or anything signed, what {@link send} would say. */
  readonly check: () => void
  /**
   * Sends a request and returns the whole answer, whatever its status.
   *
   * @throws {TokenError} `breaker_open` and `temporarily_unavailable` (both with `retryAfterSeconds`) when nothing may be
   *   sent now; what {@link boundedFetch} throws otherwise
   */
  readonly send: (
    kind: RequestEvent['kind'],
    url: string,
    init: RequestInit & { readonly signal: AbortSignal },
  ) => Promise<Response>
}

export const createServerRequests = (options: ServerRequestsOptions): ServerRequests => {
  const { fetch, clock, breaker, pause, skew, events, closing } = options

  const check = () => {
    if (closing.aborted) throw closedError()
    pause.check()
    breaker.check()
  }

  /** The function that is told how a request ended; only the first to tell is heard. */
  const begin = (kind: RequestEvent['kind']) => {
    const leave = breaker.enter()
    const startedMs = clock.monotonicMs()
    let ended = false
    return (result: RequestEvent['result'] | undefined) => {
      if (ended) return
      ended = true
      leave(result === undefined ? 'called_off' : hasFailed(result) ? 'failed' : 'answered')
      if (result === undefined) return
      events.emit({ type: 'request', kind, result, durationMs: clock.monotonicMs() - startedMs })
    }
  }

  return {
    check,
    send: async (kind, url, init) => {
      check()
      const end = begin(kind)
      // a fetch that does not heed its signal must not keep a probe under way for good
      const giveUp = () => end(closing.aborted ? undefined : 'timeout')
      init.signal.addEventListener('abort', giveUp)
      const sentAt = clock.epochSeconds()
      try {
        const response = await boundedFetch(fetch, url, init)
        skew.learn(response.headers, sentAt, clock.epochSeconds())
        pause.note(response.status, parseRetryAfter(response.headers, clock))
        end(response.status)
        return response
      } catch (error) {
        end(error instanceof TokenError && error.code === 'malformed_response' ? error.code : 'network_error')
        throw error
      } finally {
        init.signal.removeEventListener('abort', giveUp)
      }
    },
  }
}

const hasFailed = (result: RequestEvent['result']): boolean =>
  typeof result === 'number' ? result >= 500 : result !== 'malformed_response'
