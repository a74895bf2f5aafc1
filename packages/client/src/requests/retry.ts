/** Trying again what failed by bad luck, with full jitter and within bounds. RFC 9110 §10.2.3. */

import { TokenError } from '../token_error.ts'
import { closedError, type Sleep } from './deadline.ts'

export interface RetryOptions {
  /** How often a token request is sent at most, the first time included. */
  readonly maxAttempts: number
  readonly sleep: Sleep
  /** Between 0 and 1, as Math.random. */
  readonly random: () => number
  /** True while the breaker is open: another attempt would not be sent. */
  readonly isOpen: () => boolean
  /** Fires when the token manager is closed. */
  readonly closing: AbortSignal
}

const firstDelayMs = 200
const maxDelayMs = 5_000
/** A server that asks for a longer pause than this is not waited for; the error tells how long it asked for. */
const maxRetryAfterMs = 10_000

/**
 * Runs an attempt until it succeeds, fails for good, or has been made `maxAttempts` times.
 *
 * Tried again: no connection, 429, 502, 503, 504, and what was not sent because of a pause. Not tried again: what the server decided (invalid_client,
 * invalid_scope …), an answer that is none, a timeout, which has used up the caller's patience already, and anything
 * once the breaker is open.
 *
 * @throws {TokenError} that of the last attempt, or `closed`
 */
export const withRetry = async <T>(options: RetryOptions, attempt: () => Promise<T>): Promise<T> => {
  for (let made = 1; ; made++) {
    try {
      return await attempt()
    } catch (error) {
      const delayMs = made < options.maxAttempts ? delayBeforeNext(error, made, options) : undefined
      if (delayMs === undefined) throw error
      if (!(await options.sleep(delayMs, options.closing))) throw closedError()
    }
  }
}

const delayBeforeNext = (error: unknown, made: number, { random, isOpen }: RetryOptions): number | undefined => {
  if (!(error instanceof TokenError) || !isBadLuck(error) || isOpen()) return undefined
  const askedMs = (error.retryAfterSeconds ?? 0) * 1000
  if (askedMs > maxRetryAfterMs) return undefined
  const jittered = random() * Math.min(maxDelayMs, firstDelayMs * 2 ** (made - 1))
  // on top of what the server asked for, so that its clients do not all come back at once
  return askedMs + jittered
}

const isBadLuck = ({ code, status, retryAfterSeconds }: TokenError): boolean =>
  code === 'network_error' ||
  (code === 'temporarily_unavailable' && status === undefined && retryAfterSeconds !== undefined) ||
  ((code === 'server_error' || code === 'temporarily_unavailable') &&
    (status === 429 || status === 502 || status === 503 || status === 504))
