/** The circuit breaker: an authorization server that is down is left alone for a while, then asked by exactly one request. */
import type { Clock } from '@credence/protocol'
import type { BreakerState } from '../events.ts'
import { TokenError } from '../token_error.ts'

export interface BreakerOptions {
  readonly clock: Clock
  /** Between 0 and 1, as Math.random. */
  readonly random: () => number
  /** So many requests must fail, one after another, for it to open. */
  readonly failures: number
  /** How long it stays open the first time, in milliseconds; twice as long after each probe that fails. */
  readonly openMs: number
  readonly onChange: (state: BreakerState, retryAfterMs: number) => void
}

export interface BreakerStatus {
  readonly state: BreakerState
  readonly consecutiveFailures: number
  /** Seconds until one request is let through, rounded up. Undefined when it is closed; 0 when that time has come. */
  readonly retryAfterSeconds: number | undefined
}

/** How a request ended: any answer below 500; 5xx, no answer or no connection; or nobody knows, because it was called off. */
export type Outcome = 'answered' | 'failed' | 'called_off'

export interface Breaker {
  /** @throws {TokenError} `breaker_open` with `retryAfterSeconds` */
  readonly check: () => void
  /**
   * Lets a request through, and returns the function that must be told how it ended.
   *
   * @throws {TokenError} `breaker_open` with `retryAfterSeconds`
   */
  readonly enter: () => (outcome: Outcome) => void
  readonly status: () => BreakerStatus
}

/** No pause grows beyond this, unless `openMs` itself is longer. */
export const maxOpenMs = 60_000

/**
 * Opens after `failures` failed requests in a row; when its time is up, lets one request through and closes when that is
 * answered, with whatever status below 500: a server that refuses is up. Requests under way when it opens are let finish;
 * an answer to one of them closes it too.
 */
export const createBreaker = ({ clock, random, failures: limit, openMs, onChange }: BreakerOptions): Breaker => {
  let failures = 0
  let openings = 0
  let openUntilMs: number | undefined
  let probing = false

  const remainingMs = () => (openUntilMs === undefined ? 0 : Math.max(0, openUntilMs - clock.monotonicMs()))

  const open = () => {
    const pause = Math.min(Math.max(maxOpenMs, openMs), openMs * 2 ** openings++)
    // up to a fifth longer, so that processes that lost the server together do not come back together
    openUntilMs = clock.monotonicMs() + pause * (1 + 0.2 * random())
    onChange('open', remainingMs())
  }

  const close = () => {
    failures = 0
    openings = 0
    if (openUntilMs === undefined) return
    openUntilMs = undefined
    onChange('closed', 0)
  }

  const check = () => {
    if (openUntilMs === undefined || (!probing && remainingMs() === 0)) return
    const retryAfterSeconds = Math.max(1, Math.ceil(remainingMs() / 1000))
    throw new TokenError(
      'breaker_open',
      `the last ${failures} requests to the authorization server failed; it is not asked again for ${retryAfterSeconds} s`,
      { retryAfterSeconds },
    )
  }

  const enter = () => {
    check()
    const isProbe = openUntilMs !== undefined
    if (isProbe) {
      probing = true
      onChange('half_open', 0)
    }
    let told = false
    return (outcome: Outcome) => {
      if (told) return
      told = true
      if (isProbe) probing = false
      if (outcome === 'answered') close()
      if (outcome !== 'failed') return
      failures++
      // while it is open, only the probe says anything new
      if (openUntilMs === undefined ? failures >= limit : isProbe) open()
    }
  }

  return {
    check,
    enter,
    status: () => ({
      state: openUntilMs === undefined ? 'closed' : probing || remainingMs() === 0 ? 'half_open' : 'open',
      consecutiveFailures: failures,
      retryAfterSeconds: openUntilMs === undefined ? undefined : Math.ceil(remainingMs() / 1000),
    }),
  }
}
