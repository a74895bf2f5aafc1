/** Time that stands still until a test moves it. */
import type { Clock } from '@credence/protocol'

/** Fits wherever Credence's libraries take a `clock`, so that client, API and authorization server share one time. */
export interface TestClock extends Clock {
  /** Moves both clocks on. */
  readonly advance: (seconds: number) => void
  /** Sets the clock on the wall, as an administrator does; what only ever grows stays as it is. */
  readonly set: (epochSeconds: number) => void
}

/**
 * @param startsAt epoch seconds; whole
 * @throws {RangeError} when a time is not a finite number, or time would run backwards
 */
export const createTestClock = (startsAt: number): TestClock => {
  let epochMs = toMilliseconds(startsAt)
  let monotonicMs = 0
  return {
    epochSeconds: () => Math.floor(epochMs / 1000),
    monotonicMs: () => monotonicMs,
    advance: (seconds) => {
      if (!(seconds >= 0)) throw new RangeError('time can be advanced by 0 seconds or more; set() puts it back')
      epochMs += toMilliseconds(seconds)
      monotonicMs += toMilliseconds(seconds)
    },
    set: (epochSeconds) => {
      epochMs = toMilliseconds(epochSeconds)
    },
  }
}

const toMilliseconds = (seconds: number): number => {
  if (!Number.isFinite(seconds)) throw new RangeError('a time must be a finite number of seconds')
  return Math.round(seconds * 1000)
}
