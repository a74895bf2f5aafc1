/** Time that a script moves: of the world, of this machine's clock on the wall, and of its clock that only grows. */
import { mock } from 'node:test'

/** What a deadline of ours waits for: an advance of time, never an answer that comes over a real socket. */
export const deadlineMs = 599_999

export interface SimulatedTime {
  /** Epoch seconds in the world: what the authorization server and its Date header go by. */
  readonly trueSeconds: () => number
  readonly clock: { readonly epochSeconds: () => number; readonly monotonicMs: () => number }
  /** The pauses between attempts pass at once and move time. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<boolean>
  /** Time passes, and all clocks see it. */
  readonly advance: (seconds: number) => void
  /** The machine sleeps: its monotonic clock stands still. */
  readonly sleepMachine: (seconds: number) => void
  /** The clock on this machine's wall is set by somebody. */
  readonly setClock: (seconds: number) => void
  readonly [Symbol.dispose]: () => void
}

/** Replaces Date for the whole process, which is what other people's libraries read, until it is disposed of. */
export const simulateTime = (wallOffsetSeconds = 0): SimulatedTime => {
  const startMs = 1_800_000_000_000
  let trueMs = startMs
  let offsetMs = wallOffsetSeconds * 1000
  let monotonicMs = 1_000
  mock.timers.enable({ apis: ['Date'], now: trueMs + offsetMs })
  const show = () => mock.timers.setTime(trueMs + offsetMs)
  const advance = (seconds: number) => {
    trueMs += seconds * 1000
    monotonicMs += seconds * 1000
    show()
  }
  return {
    trueSeconds: () => trueMs / 1000,
    clock: { epochSeconds: () => Math.floor(Date.now() / 1000), monotonicMs: () => monotonicMs },
    sleep: (milliseconds, signal) => {
      if (milliseconds === deadlineMs) {
        return new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(false), { once: true })
          if (signal.aborted) resolve(false)
        })
      }
      advance(milliseconds / 1000)
      return Promise.resolve(!signal.aborted)
    },
    advance,
    sleepMachine: (seconds) => {
      trueMs += seconds * 1000
      show()
    },
    setClock: (seconds) => {
      offsetMs += seconds * 1000
      show()
    },
    [Symbol.dispose]: () => mock.timers.reset(),
  }
}
