/** Follows the change log, so that a change made anywhere reaches this process within one interval. */
import type { Change, ChangeLog } from '@credence/storage'

export interface ChangeFollower {
  /** Reads what is new now. Resolves when it has been applied. */
  catchUp(): Promise<void>
  stop(): void
}

export interface ChangeFollowerOptions {
  readonly intervalMs: number
  readonly apply: (change: Change) => void | Promise<void>
  /** The log no longer reaches back to where this follower stood. */
  readonly reset: () => void | Promise<void>
  readonly onError: (error: unknown) => void
  /** Calls back when there may be something new, and returns what ends that; the interval goes on all the same. */
  readonly watch?: (onChange: () => void) => () => void
  /** The log has been read to its end, and all of it applied. */
  readonly onCaughtUp?: () => void
}

const batch = 1000

/** Starts to follow from the newest change on. */
export const followChanges = async (log: ChangeLog, options: ChangeFollowerOptions): Promise<ChangeFollower> => {
  let seen = await log.latest()
  let running: Promise<void> | undefined

  const readNew = async () => {
    for (;;) {
      const changes = await log.since(seen, batch)
      if (changes === undefined) {
        seen = await log.latest()
        await options.reset()
        return options.onCaughtUp?.()
      }
      for (const change of changes) {
        await options.apply(change)
        seen = change.version
      }
      if (changes.length < batch) return options.onCaughtUp?.()
    }
  }

  // one read at a time; who asks during a read waits for another that starts after it
  const catchUp = (): Promise<void> => {
    const next = (running ?? Promise.resolve()).catch(() => {}).then(readNew)
    running = next
    return next
  }

  const timer = setInterval(() => {
    catchUp().catch(options.onError)
  }, options.intervalMs)
  timer.unref()

  // however many tell of something new during a read, one more read is enough
  let woken = false
  const unwatch = options.watch?.(() => {
    if (woken) return
    woken = true
    const before = running ?? Promise.resolve()
    before
      .catch(() => {})
      .then(() => {
        woken = false
        return catchUp()
      })
      .catch(options.onError)
  })
  return {
    catchUp,
    stop() {
      clearInterval(timer)
      unwatch?.()
    },
  }
}
