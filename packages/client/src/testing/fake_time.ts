/** Time that moves only when a test says so. */
import type { Clock } from '@credence/protocol'
import type { Sleep } from '../requests/deadline.ts'

/** The `timeoutMs` of tests: a sleep of this length waits until time is advanced; any other passes at once and is noted. */
export const timeoutMs = 60_000

export interface FakeTime {
  readonly clock: Clock
  readonly sleep: Sleep
  /** Lengths of the sleeps that have passed, in milliseconds. */
  readonly slept: readonly number[]
  /** How many deadlines are running. */
  readonly waiting: () => number
  /** Moves both clocks, and ends the deadlines when they are due. */
  readonly advance: (seconds: number) => void
  /** Moves the clock on the wall alone. */
  readonly step: (seconds: number) => void
}

export const createFakeTime = (): FakeTime => {
  let epochMs = 1_800_000_000_000
  let monotonicMs = 5_000
  const slept: number[] = []
  const deadlines = new Set<{ readonly at: number; readonly end: (whole: boolean) => void }>()
  const advance = (seconds: number) => {
    epochMs += seconds * 1000
    monotonicMs += seconds * 1000
    for (const deadline of deadlines) if (deadline.at <= monotonicMs) deadline.end(true)
  }
  return {
    clock: { epochSeconds: () => Math.floor(epochMs / 1000), monotonicMs: () => monotonicMs },
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve(false)
        if (milliseconds !== timeoutMs) {
          slept.push(milliseconds)
          advance(milliseconds / 1000)
          return resolve(true)
        }
        const deadline = {
          at: monotonicMs + milliseconds,
          end: (whole: boolean) => {
            deadlines.delete(deadline)
            resolve(whole)
          },
        }
        deadlines.add(deadline)
        signal.addEventListener('abort', () => deadline.end(false), { once: true })
      }),
    slept,
    waiting: () => deadlines.size,
    advance,
    step: (seconds) => {
      epochMs += seconds * 1000
    },
  }
}
