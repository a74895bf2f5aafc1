/** The one way into the audit log: an event is stored in the transaction of the change it tells of, or not at all. */
import type { Clock } from '@credence/protocol'
import type { AuditEvent, AuditHead, AuditRecord, AuditSeal, Storage, Stores } from '@credence/storage'

/** An event as those who cause it tell it; the time is added here. */
export type NewAuditEvent = Omit<AuditEvent, 'at'>

/** Adds an event to the transaction that it is given to. */
export type Append = (event: NewAuditEvent) => void

export interface AuditLog {
  /** Runs `work` in one transaction with the events that it appends. Bounds and errors are those of {@link Storage.transaction}. */
  transaction<T>(work: (stores: Stores, append: Append) => Promise<T>): Promise<T>
  /** Stores events that belong to no other write. Their own time counts where they have one. */
  record(events: readonly (NewAuditEvent | AuditEvent)[]): Promise<void>
}

export interface AuditLogDeps {
  readonly storage: Storage
  readonly seal: AuditSeal
  readonly clock: Clock
  /** Called with what has been stored. */
  readonly onStored?: (records: readonly AuditRecord[]) => void
}

export const createAuditLog = ({ storage, seal, clock, onStored }: AuditLogDeps): AuditLog => {
  let known: AuditHead | undefined

  const remember = (records: readonly AuditRecord[]) => {
    const last = records.at(-1)
    if (last === undefined) return
    if (known === undefined || last.seq > known.seq) known = { seq: last.seq, hash: last.hash }
    onStored?.(records)
  }

  const transaction: AuditLog['transaction'] = async (work) => {
    const { result, records } = await storage.transaction(async (stores) => {
      const events: AuditEvent[] = []
      const at = clock.epochSeconds()
      const done = await work(stores, (event) => events.push({ at, ...event }))
      return { result: done, records: await stores.auditEvents.append(events, { seal, at, known }) }
    })
    remember(records)
    return result
  }

  return {
    transaction,
    async record(events) {
      if (events.length === 0) return
      await transaction(async (_stores, append) => {
        for (const event of events) append(event)
      })
    },
  }
}
