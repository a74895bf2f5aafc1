/** Says where the metrics of the server's own parts are. */
import type { Clock } from '@credence/protocol'
import type { AuditService } from '../audit/audit_service.ts'
import type { Directory, DirectoryPart } from '../directory/directory.ts'
import type { KeyRing } from '../key_material/key_ring.ts'
import type { SigningQueue } from '../minting/signing_queue.ts'
import type { Metrics, Sample } from './metrics.ts'

type Kind = keyof Directory['parts']

export const registerDirectory = (metrics: Metrics, directory: Directory, capacity: number): void => {
  const parts = Object.entries(directory.parts) as [Kind, DirectoryPart][]
  metrics.register('credence_directory_lookups_total', () =>
    parts.flatMap(([kind, { hits, misses }]) => [
      { labels: { kind, result: 'hit' }, value: hits },
      { labels: { kind, result: 'miss' }, value: misses },
    ]),
  )
  metrics.register('credence_directory_entries', () =>
    parts.map(([kind, { size }]) => ({ labels: { kind }, value: size })),
  )
  metrics.register('credence_directory_capacity_entries', () => [{ labels: {}, value: capacity }])
}

export const registerSigningQueue = (metrics: Metrics, queue: SigningQueue): void => {
  metrics.register('credence_signing_queue_depth', () => [{ labels: {}, value: queue.depth }])
  metrics.register('credence_signing_turn_signatures', () => [{ labels: {}, value: queue.turns }])
}

export const registerSigningKeys = (metrics: Metrics, keyRing: KeyRing): void => {
  metrics.register('credence_signing_keys', () =>
    Object.entries(keyRing.countByStatus()).map(([status, value]) => ({ labels: { status }, value })),
  )
  metrics.register('credence_signing_key_age_seconds', () =>
    [...keyRing.activeKeyAges()].map(([algorithm, value]) => ({ labels: { algorithm }, value })),
  )
}

export const registerAudit = (metrics: Metrics, audit: Pick<AuditService, 'state'>): void => {
  metrics.register('credence_audit_waiting_events', () => [{ labels: {}, value: audit.state.waiting }])
  metrics.register('credence_audit_dropped_total', () => [{ labels: {}, value: audit.state.dropped }])
  metrics.register('credence_audit_sink_lag_records', () =>
    [...audit.state.sinkLags].map(([sink, value]) => ({ labels: { sink }, value })),
  )
}

type Sized = { readonly size: number }

export const registerRevocations = (
  metrics: Metrics,
  { live, subscribers }: { readonly live: Sized; readonly subscribers: Sized },
): void => {
  metrics.register('credence_revocation_entries', () => [{ labels: {}, value: live.size }])
  metrics.register('credence_revocation_feed_subscribers', () => [{ labels: {}, value: subscribers.size }])
}

/** Returns what is to be called each time that the change log has been read to its end. */
export const registerChangeFeed = (metrics: Metrics, clock: Clock): (() => void) => {
  let caughtUpAt = clock.monotonicMs()
  metrics.register('credence_change_feed_lag_seconds', () => [
    { labels: {}, value: (clock.monotonicMs() - caughtUpAt) / 1000 },
  ])
  return () => {
    caughtUpAt = clock.monotonicMs()
  }
}

export const registerBuildInfo = (metrics: Metrics, labels: Sample<'credence_build_info'>['labels']): void =>
  metrics.register('credence_build_info', () => [{ labels, value: 1 }])
