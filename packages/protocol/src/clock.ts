/** Time, injected: what the clock on the wall says, and what only ever grows. */

export interface Clock {
  /** Whole seconds since 1970-01-01T00:00:00Z. May step. */
  epochSeconds(): number
  /** Milliseconds that never step back, for measuring how long something takes or has been kept. */
  monotonicMs(): number
}

/** The machine's clock. */
export const systemClock: Clock = {
  epochSeconds: () => Math.floor(Date.now() / 1000),
  monotonicMs: () => performance.now(),
}

/**
 * A wall clock that does not believe a step ahead, for what must not be forgotten too early: once the clock steps back,
 * it would be missed. Never further ahead of the time at which it was made than has passed since.
 */
export const createSteadyClock = (clock: Clock): Clock => {
  const madeAt = clock.epochSeconds()
  const madeAtMs = clock.monotonicMs()
  return {
    epochSeconds: () => Math.min(clock.epochSeconds(), madeAt + Math.floor((clock.monotonicMs() - madeAtMs) / 1000)),
    monotonicMs: () => clock.monotonicMs(),
  }
}
