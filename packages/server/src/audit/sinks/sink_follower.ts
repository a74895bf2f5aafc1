/** Sends the audit log to a sink: reads what is new from the database, delivers, and notes how far it got. */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '@credence/protocol'
import type { AuditRecord, Storage } from '@credence/storage'
import { asciiJson, toAuditDocument } from '../audit_document.ts'
import type { Sink, SinkLine } from './sink.ts'

export interface SinkFollower {
  /** Puts the sink on the list, from the newest record on when it is new. */
  begin(): Promise<void>
  /** Sends what there is now. Does nothing while an earlier call still runs or the pause after a failure lasts. */
  run(): Promise<void>
  /** Records that are stored and not delivered, as far as the last look goes. */
  lag(): number
  /** Sends what there is once more and lets another process go on. */
  close(): Promise<void>
}

export interface SinkFollowerOptions {
  readonly name: string
  readonly sink: Sink
  readonly storage: Pick<Storage, 'auditEvents' | 'auditSinks'>
  readonly clock: Clock
  readonly onFailure: (error: unknown) => void
  /** Milliseconds for one delivery. */
  readonly timeoutMs?: number
}

/** All that is held in memory of what a sink has not taken: the rest waits in the database. */
const batch = 100

const deliverMs = 10_000
const holdSeconds = 60
/** Well before another process may take over, with all that a delivery may take. */
const claimAgainMs = 30_000

/** A sink that blocks holds up the end of the server no longer. */
const closeMs = 2_000
const pauses = [1_000, 5_000, 15_000, 60_000]

/** @see docs/decisions/0009: a sink that blocks holds itself up and nothing else, and loses nothing */
export const createSinkFollower = (options: SinkFollowerOptions): SinkFollower => {
  const { name, sink, clock, timeoutMs = deliverMs } = options
  const { auditEvents, auditSinks } = options.storage
  const holder = randomUUID()
  let running: Promise<void> | undefined
  let failures = 0
  let pausedUntil = 0
  let behind = 0
  let delivered: number | undefined
  let claimAgainAt = Number.NEGATIVE_INFINITY

  /** Where to go on; undefined while another process is at this sink. Written to the database once in a while. */
  const claim = async (): Promise<number | undefined> => {
    if (clock.monotonicMs() < claimAgainAt) return delivered
    delivered = await auditSinks.claim(name, { holder, now: clock.epochSeconds(), forSeconds: holdSeconds })
    if (delivered !== undefined) claimAgainAt = clock.monotonicMs() + claimAgainMs
    return delivered
  }

  /** Resolves to whether there may be more. */
  const round = async (): Promise<boolean> => {
    const after = await claim()
    if (after === undefined) return false
    const records = await auditEvents.list({ after, limit: batch, order: 'oldest_first' })
    const [first] = records
    const last = records.at(-1)
    behind = records.length
    if (first === undefined || last === undefined) return false
    const gap = first.seq > after + 1 ? [gapLine(after + 1, first)] : []
    await deliver([...gap, ...records.map(toLine)])
    await auditSinks.advance(name, { holder, seq: last.seq })
    delivered = last.seq
    behind = 0
    return records.length === batch
  }

  const deliver = async (lines: readonly SinkLine[]) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const late = Promise.withResolvers<never>()
    signal.addEventListener('abort', () => late.reject(new Error(`${name} took longer than ${timeoutMs} ms`)))
    await Promise.race([sink.deliver(lines, signal), late.promise])
  }

  const sendAll = async () => {
    try {
      while (await round());
      failures = 0
    } catch (error) {
      const pause = pauses[Math.min(failures++, pauses.length - 1)] ?? 0
      pausedUntil = clock.monotonicMs() + pause
      options.onFailure(error)
    }
  }

  const run = async () => {
    if (running !== undefined || clock.monotonicMs() < pausedUntil) return
    running = sendAll()
    await running
    running = undefined
  }

  return {
    begin: async () => {
      await claim()
    },
    run,
    lag: () => behind,
    async close() {
      const sent = Promise.resolve(running).then(() => (failures === 0 ? run() : undefined))
      await Promise.race([sent, delay(closeMs, undefined, { ref: false })])
      await auditSinks.release(name, holder).catch(() => undefined)
      sink.close()
    },
  }
}

const toLine = (record: AuditRecord): SinkLine => ({
  json: asciiJson(toAuditDocument(record)),
  at: record.at,
  action: record.action,
  refused: record.outcome === 'refused',
})

/** Records that were pruned before this sink had them. */
const gapLine = (from: number, { seq, at }: AuditRecord): SinkLine => ({
  json: asciiJson({ gap: { from, to: seq - 1, count: seq - from } }),
  at,
  action: 'audit.gap',
  refused: false,
})
