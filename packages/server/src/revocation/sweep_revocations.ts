/** Deletes revocations once the tokens they deny have expired: in the background, in small batches, never for a request. */
import type { Clock } from '@credence/protocol'
import type { RevocationStore } from '@credence/storage'
import type { LiveRevocations } from './live_revocations.ts'

export interface SweepDeps {
  readonly store: RevocationStore
  readonly live: LiveRevocations
  readonly clock: Clock
}

const batch = 500
const batchesPerRound = 40

/** One round: from memory all that is not needed, from the store at most 20,000. Returns how many rows went. */
export const sweepRevocations = async ({ store, live, clock }: SweepDeps): Promise<number> => {
  const now = clock.epochSeconds()
  live.forgetUnneeded(now)
  let deleted = 0
  for (let round = 0; round < batchesPerRound; round++) {
    const gone = await store.deleteUnneeded(now, batch)
    deleted += gone
    if (gone < batch) break
  }
  return deleted
}
