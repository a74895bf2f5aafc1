/** The audit log of a running server: what it records by itself, when it writes that, and where it sends it. */
import type { Clock } from '@credence/protocol'
import type { Storage } from '@credence/storage'
import { type AuditLog, createAuditLog, type NewAuditEvent } from './audit_log.ts'
import { type AuditKey, createAuditKey } from './audit_seal.ts'
import { createFailureRecorder, type FailureRecorder } from './failure_recorder.ts'
import { createIssuanceRecorder, type IssuanceRecorder } from './issuance_recorder.ts'
import { createSink } from './sinks/create_sink.ts'
import { type SinkSetting, sinkName } from './sinks/sink.ts'
import { createSinkFollower } from './sinks/sink_follower.ts'

export interface AuditSettings {
  readonly sinks: readonly SinkSetting[]
  readonly webhookSecret: string | undefined
  /** Whether every token issued is recorded. */
  readonly issuance: boolean
}

export interface AuditService extends AuditLog {
  readonly key: AuditKey
  /** Records a refusal to authenticate a client. */
  noteRefusedClient: FailureRecorder['note']
  /** Records a refusal to give a client a token. */
  noteRefusedToken: FailureRecorder['noteRefused']
  /** Counts a token that was issued, or records it. */
  noteIssued: IssuanceRecorder['note']
  /** Writes what is kept in memory, and then begins to send the sinks what is new. */
  flush(): Promise<void>
  /** What waits and what was lost, for metrics. */
  readonly state: AuditState
  /** Records the stop, writes and sends what there is, and stops. */
  close(): Promise<void>
}

export interface AuditState {
  /** Events in memory that are not in the database yet. */
  readonly waiting: number
  /** Single tokens that were only counted, since the start. */
  readonly dropped: number
  /** By the name of each sink: records it has not taken, as far as the last look at it goes. */
  readonly sinkLags: ReadonlyMap<string, number>
}

export interface AuditServiceDeps {
  readonly storage: Storage
  readonly clock: Clock
  /** The server's own key for this purpose. */
  readonly seed: Uint8Array
  readonly settings: AuditSettings
  /** What is recorded of the start. */
  readonly start: { readonly issuer: string; readonly version: string }
  readonly onError: (what: string) => (error: unknown) => void
}

/** What is only in memory is written this often: that much a kill -9 can lose. Milliseconds. */
const flushMs = 5_000

/** Failures told apart between two writes: at most 20 records a second, whatever comes. */
const failureCapacity = 100
const issuanceCapacity = 20_000

/** Starts the log: records that the server has started. */
export const startAuditService = async (deps: AuditServiceDeps): Promise<AuditService> => {
  const { storage, clock, settings, onError } = deps
  const key = createAuditKey(deps.seed)
  const followers = settings.sinks.map((setting) => {
    const name = sinkName(setting)
    const onFailure = onError(`the audit sink ${name} does not take the log; it is tried again`)
    const sink = createSink(setting, { ...deps, ...settings })
    return { name, ...createSinkFollower({ name, sink, storage, clock, onFailure }) }
  })
  const sendToSinks = async () => {
    await Promise.all(followers.map((follower) => follower.run()))
  }
  const log = createAuditLog({ storage, seal: key, clock, onStored: () => void sendToSinks() })
  const failures = createFailureRecorder(clock, failureCapacity)
  const issuance = createIssuanceRecorder({ clock, each: settings.issuance, capacity: issuanceCapacity })

  const write = async (always: boolean) => {
    await failures.flush(log.record).catch(onError('authentication failures could not be recorded'))
    await issuance.flushSingle(log.record).catch(onError('issued tokens could not be recorded'))
    await issuance.flushCounts(log.record, always).catch(onError('the count of issued tokens could not be recorded'))
  }
  let flushing: Promise<void> | undefined
  const flush = (): Promise<void> => {
    flushing ??= write(false).finally(() => {
      flushing = undefined
      // not waited for: a sink that blocks must not keep what comes next out of the database
      void sendToSinks()
    })
    return flushing
  }

  for (const follower of followers) await follower.begin()
  await log.record([serverEvent('server.start', { ...deps.start, pid: process.pid })])
  const timer = setInterval(flush, flushMs)
  timer.unref()
  return {
    ...log,
    key,
    noteRefusedClient: failures.note,
    noteRefusedToken: failures.noteRefused,
    noteIssued: issuance.note,
    flush,
    get state() {
      return {
        waiting: failures.waiting + issuance.waiting,
        dropped: issuance.dropped,
        sinkLags: new Map(followers.map(({ name, lag }) => [name, lag()])),
      }
    },
    async close() {
      clearInterval(timer)
      await flushing
      await write(true)
      await log
        .record([serverEvent('server.stop', { pid: process.pid })])
        .catch(onError('the stop could not be recorded'))
      await Promise.all(followers.map((follower) => follower.close()))
    },
  }
}

const serverEvent = (action: string, details: NewAuditEvent['details']): NewAuditEvent => ({
  action,
  subject: 'server',
  actor: 'server',
  outcome: 'done',
  details,
})
