/** A clock that goes on when it is told to. */
import type { Clock } from '@credence/protocol'

export const createMovedClock = () => {
  let seconds = 1_800_000_000
  const clock: Clock = { epochSeconds: () => seconds, monotonicMs: () => seconds * 1000 }
  const advance = (by: number) => {
    seconds += by
  }
  return { clock, advance }
}
