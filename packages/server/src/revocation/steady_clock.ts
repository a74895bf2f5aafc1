/** A wall clock that does not believe a step ahead: what is forgotten too early would be denied no more once it steps back. */
import type { Clock } from '@credence/protocol'

/** Never further ahead of the time at which it was made than has passed since. */
export const createSteadyClock = (clock: Clock): Clock => {
  const madeAt = clock.epochSeconds()
  const madeAtMs = clock.monotonicMs()
  return {
    epochSeconds: () => Math.min(clock.epochSeconds(), madeAt + Math.floor((clock.monotonicMs() - madeAtMs) / 1000)),
    monotonicMs: () => clock.monotonicMs(),
  }
}
