/** Moves this process's clocks, since the libraries under comparison read them and have none injected. */
import { mock } from 'node:test'

/**
 * Does the work on clocks that stand `ms` ahead of the machine's and move no further by themselves; `advance` moves them on.
 */
export const onMovedClock = async <T>(work: (advance: (seconds: number) => void) => Promise<T>): Promise<T> => {
  const { now } = performance
  let movedMs = 0
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  performance.now = () => now.call(performance) + movedMs
  try {
    return await work((seconds) => {
      movedMs += seconds * 1000
      mock.timers.tick(seconds * 1000)
    })
  } finally {
    performance.now = now
    mock.timers.reset()
  }
}
