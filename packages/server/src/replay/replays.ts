/** What may be used once: claimed in batches, swept when it has expired, counted. RFC 7523 §3, RFC 9449 §11.1. */
import { type Clock, createSteadyClock } from '@credence/protocol'
import type { ReplayStore } from '@credence/storage'
import type { Metrics } from '../metrics/metrics.ts'
import { type ClaimOnce, createClaimOnce } from '../policy/claim_once.ts'
import { createClaimQueue } from './claim_queue.ts'
import { sweepReplays } from './sweep_replays.ts'

export interface Replays {
  readonly claimOnce: ClaimOnce
  stop(): void
}

export interface ReplaysDeps {
  readonly store: ReplayStore
  /** Given where what the store was told last can be lost with the machine: which one this is. */
  readonly machine: string | undefined
  readonly clock: Clock
  readonly metrics: Metrics
  readonly onError: (what: string) => (error: unknown) => void
}

const sweepIntervalMs = 10_000
/** Counting reads an index from end to end. */
const sweepsPerCount = 6

export const startReplays = async (deps: ReplaysDeps): Promise<Replays> => {
  const { store, machine, clock, metrics, onError } = deps
  const refused = { replayed: 0, uncertain: 0 }
  const queue = createClaimQueue(store)
  const steady = createSteadyClock(clock)
  let entries: number | undefined
  let swept = 0
  let rounds = 0
  let sweeping = false

  const sweep = async () => {
    swept += await sweepReplays({ store, clock: steady })
    if (rounds++ % sweepsPerCount === 0) entries = await store.count()
  }
  const timer = setInterval(() => {
    if (sweeping) return
    sweeping = true
    sweep()
      .catch(onError('what was used once could not be swept'))
      .finally(() => {
        sweeping = false
      })
  }, sweepIntervalMs)
  timer.unref()

  metrics.register('credence_replay_entries', () => (entries === undefined ? [] : [{ labels: {}, value: entries }]))
  metrics.register('credence_replay_swept_total', () => [{ labels: {}, value: swept }])
  metrics.register('credence_replay_waiting_claims', () => [{ labels: {}, value: queue.waiting }])
  metrics.register('credence_replay_refused_total', () =>
    Object.entries(refused).map(([reason, value]) => ({ labels: { reason }, value })),
  )

  if (machine !== undefined) await store.noteMachine(machine, clock.epochSeconds())
  return {
    claimOnce: createClaimOnce(queue, {
      knownSince: await store.knownSince(),
      onRefused(reason) {
        refused[reason]++
      },
    }),
    stop: () => clearInterval(timer),
  }
}
