/** Keeps usage up: written every ten seconds, swept every ten minutes, in small batches. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '@credence/protocol'
import type { Storage } from '@credence/storage'
import { createUsageRecorder, type UsageRecorder } from './usage_recorder.ts'

export interface UsageKeepingDeps {
  readonly storage: Pick<Storage, 'usage' | 'clients'>
  readonly clock: Clock
  /** Hours are kept this many days. */
  readonly days: number
  readonly onError: (what: string) => (error: unknown) => void
}

export interface UsageKeeping extends UsageRecorder {
  /** Deletes what is old. */
  sweep(): Promise<void>
  /** Writes what is left and stops. */
  close(): Promise<void>
}

const daySeconds = 86_400
const flushIntervalMs = 10_000
const sweepIntervalMs = 600_000
const capacity = 50_000

/** Rows of each kind in one transaction, and how many transactions a round has at most; what is left waits for the next. */
const sweepBatch = 500
const sweepBatches = 200

/** A granted scope that was not used for this long is as good as one that never was. Days. */
const scopeUseDays = 400

export const keepUsage = ({ storage, clock, days, onError }: UsageKeepingDeps): UsageKeeping => {
  const store = storage.usage
  const isClient = async (clientId: string) => (await storage.clients.find(clientId)) !== undefined
  const recorder = createUsageRecorder({ store, isClient, clock, capacity })

  const sweep = async () => {
    const now = clock.epochSeconds()
    const hoursBefore = now - days * daySeconds
    const scopeUsesBefore = now - scopeUseDays * daySeconds
    for (let batch = 0; batch < sweepBatches; batch++) {
      if ((await store.sweep({ hoursBefore, scopeUsesBefore, limit: sweepBatch })) === 0) return
      await nextTurn()
    }
  }

  const flushOrTell = () => recorder.flush().catch(onError('usage could not be written'))
  const timers = [
    setInterval(flushOrTell, flushIntervalMs),
    setInterval(() => sweep().catch(onError('old usage could not be deleted')), sweepIntervalMs),
  ]
  for (const timer of timers) timer.unref()

  return {
    noteIssued: recorder.noteIssued,
    noteRefused: recorder.noteRefused,
    noteFailedAuthentication: recorder.noteFailedAuthentication,
    flush: recorder.flush,
    get dropped() {
      return recorder.dropped
    },
    sweep,
    async close() {
      for (const timer of timers) clearInterval(timer)
      await flushOrTell()
    },
  }
}
