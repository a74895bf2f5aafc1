/** The pause that a server asks for, kept by all requests of one token manager. RFC 6585 §4, RFC 9110 §10.2.3. */
import type { Clock } from '@credence/protocol'
import { TokenError } from '../token_error.ts'

/** A server that asks for a longer pause is asked again after this one: nobody's mistake may end renewal for good. */
export const maxPauseMs = 3_600_000

/** So many 429 in a row without a Retry-After are met by the attempts' own delays; the next ones by a pause. */
const patience = 3
const firstPauseMs = 1_000
const longestOwnPauseMs = 30_000

export interface Pause {
  /** Takes in the status of an answer and the seconds of its Retry-After, if it has one. */
  readonly note: (status: number, retryAfterSeconds: number | undefined) => void
  /** @throws {TokenError} `temporarily_unavailable` with `retryAfterSeconds`, while the pause lasts */
  readonly check: () => void
}

/** A pause begins with a 429 or 503 that has a Retry-After, and with every 429 without one when there were several. */
export const createPause = (clock: Clock): Pause => {
  let untilMs = 0
  let tooMany = 0
  return {
    note: (status, retryAfterSeconds) => {
      tooMany = status === 429 ? tooMany + 1 : 0
      if (status !== 429 && status !== 503) return
      const ownMs = tooMany < patience ? 0 : Math.min(longestOwnPauseMs, firstPauseMs * 2 ** (tooMany - patience))
      const pauseMs = retryAfterSeconds === undefined ? ownMs : Math.min(maxPauseMs, retryAfterSeconds * 1000)
      untilMs = Math.max(untilMs, clock.monotonicMs() + pauseMs)
    },
    check: () => {
      const remainingMs = untilMs - clock.monotonicMs()
      if (remainingMs <= 0) return
      const retryAfterSeconds = Math.ceil(remainingMs / 1000)
      throw new TokenError(
        'temporarily_unavailable',
        `the authorization server asked for a pause; it is not asked again for ${retryAfterSeconds} s`,
        { retryAfterSeconds },
      )
    },
  }
}
