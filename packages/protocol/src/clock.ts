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
