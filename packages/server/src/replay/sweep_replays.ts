/** Deletes what has been used once, when it has expired: in the background, in small batches, never for a request. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '@credence/protocol'
import type { ReplayStore } from '@credence/storage'

export interface SweepReplaysDeps {
  readonly store: Pick<ReplayStore, 'deleteExpired'>
  /** One that does not believe a step ahead: once it steps back, what was dropped early could be used again. */
  readonly clock: Pick<Clock, 'epochSeconds'>
}

/** A batch keeps other writers, and with SQLite this process, waiting for some milliseconds. */
export const sweepBatch = 250
const batchesPerRound = 400

/** One round: at most 100,000 entries. Returns how many went. */
export const sweepReplays = async ({ store, clock }: SweepReplaysDeps): Promise<number> => {
  const now = clock.epochSeconds()
  let deleted = 0
  for (let batch = 0; batch < batchesPerRound; batch++) {
    const gone = await store.deleteExpired(now, sweepBatch)
    deleted += gone
    if (gone < sweepBatch) break
    // with SQLite all of that was synchronous: requests come first
    await nextTurn()
  }
  return deleted
}
