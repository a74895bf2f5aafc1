/** The tables of the audit log: its records, and the signed checkpoints over them. */
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import { chainHash, chainStart } from '../audit_chain.ts'
import {
  type AuditAppendOptions,
  type AuditCheckpoint,
  type AuditEvent,
  type AuditHead,
  type AuditQuery,
  type AuditRecord,
  type AuditStore,
  checkpointEvery,
  inconsistentAction,
} from '../audit_model.ts'
import type { Session } from '../session.ts'
import { orNull, orUndefined } from './columns.ts'
import type { Schema } from './schema.ts'

export interface AuditEventTable {
  seq: number
  at: number
  action: string
  subject: string
  actor: string
  credential_id: string | null
  address: string | null
  outcome: AuditEvent['outcome']
  /** JSON text. */
  details: string
  hash: string
}

export interface AuditCheckpointTable {
  seq: number
  hash: string
  at: number
  signature: string
}

export const createAuditStore = (session: Session): AuditStore => ({
  append: (events, options) =>
    events.length === 0 ? Promise.resolve([]) : session.write((db) => append(db, events, options)),

  list: (query) => session.read(async (db) => (await select(db, query).execute()).map(fromRow)),

  checkpoints: ({ after, limit }) =>
    session.read((db) =>
      db.selectFrom('audit_checkpoint').selectAll().where('seq', '>', after).orderBy('seq').limit(limit).execute(),
    ),

  prune: (through) => session.write((db) => prune(db, through)),
})

const append = async (
  db: Transaction<Schema>,
  events: readonly AuditEvent[],
  options: AuditAppendOptions,
): Promise<readonly AuditRecord[]> => {
  const { head, fault } = await findHead(db, options)
  const marker = fault === undefined ? [] : [inconsistency(fault, options.at)]
  let last = head
  const records = [...marker, ...events].map((event) => {
    const record = { ...event, seq: last.seq + 1, hash: chainHash(last, event) }
    last = record
    return record
  })
  for (let start = 0; start < records.length; start += rowsPerStatement) {
    const rows = records.slice(start, start + rowsPerStatement).map(toRow)
    await db.insertInto('audit_event').values(rows).execute()
  }
  const { seq, hash } = last
  const signed = { seq, hash, at: options.at }
  const checkpoint = { ...signed, signature: options.seal.sign(signed) }
  await db.insertInto('audit_checkpoint').values(checkpoint).execute()
  // where something is wrong, the old checkpoint is the evidence
  if (fault === undefined) await dropCheckpoint(db, head.seq, seq)
  return records
}

/** Ten parameters each: far below the 32,766 of SQLite and the 65,535 of PostgreSQL. */
const rowsPerStatement = 500

/** The checkpoint of the last head is not needed any more, unless it is the last one of its block. */
const dropCheckpoint = async (db: Transaction<Schema>, previous: number, current: number) => {
  const blockOf = (seq: number) => Math.floor(seq / checkpointEvery)
  if (blockOf(previous) === blockOf(current))
    await db.deleteFrom('audit_checkpoint').where('seq', '=', previous).execute()
}

const findHead = async (db: Transaction<Schema>, { seal, known }: AuditAppendOptions) => {
  const event = await newest(db, 'audit_event').select(['seq', 'hash']).executeTakeFirst()
  const checkpoint = await newest(db, 'audit_checkpoint').selectAll().executeTakeFirst()
  const heads: readonly AuditHead[] = [chainStart, ...[known, checkpoint, event].filter((head) => head !== undefined)]
  const head = heads.reduce((furthest, candidate) => (candidate.seq >= furthest.seq ? candidate : furthest))
  const fault = await findFault(db, { event, checkpoint, known, isSigned: (signed) => seal.verify(signed) })
  return { head, fault }
}

const newest = <Table extends 'audit_event' | 'audit_checkpoint'>(db: Kysely<Schema>, table: Table) =>
  db.selectFrom<'audit_event' | 'audit_checkpoint'>(table).orderBy('seq', 'desc').limit(1)

interface Ends {
  readonly event: AuditHead | undefined
  readonly checkpoint: AuditCheckpoint | undefined
  readonly known: AuditHead | undefined
  readonly isSigned: (checkpoint: AuditCheckpoint) => boolean
}

const findFault = async (db: Transaction<Schema>, { event, checkpoint, known, isSigned }: Ends) => {
  if (event?.seq !== checkpoint?.seq)
    return `the newest record is ${event?.seq ?? 'missing'}, the newest checkpoint ${checkpoint?.seq ?? 'missing'}`
  if (event === undefined || checkpoint === undefined)
    return known === undefined ? undefined : `record ${known.seq} and all others are gone`
  if (event.hash !== checkpoint.hash) return `record ${event.seq} is not the one that was signed`
  if (!isSigned(checkpoint)) return `the signature of checkpoint ${checkpoint.seq} does not verify`
  if (known === undefined) return undefined
  if (event.seq < known.seq) return `record ${known.seq} is gone`
  const stored = await db.selectFrom('audit_event').select('hash').where('seq', '=', known.seq).executeTakeFirst()
  return stored !== undefined && stored.hash !== known.hash ? `record ${known.seq} was altered` : undefined
}

const inconsistency = (fault: string, at: number): AuditEvent => ({
  at,
  action: inconsistentAction,
  subject: 'audit-events',
  actor: 'server',
  outcome: 'done',
  details: { fault },
})

/** Records deleted in one go: all other writers wait meanwhile. */
const mostPruned = 50_000

const prune = async (db: Transaction<Schema>, through: number): Promise<number | undefined> => {
  const head = await newest(db, 'audit_event').select('seq').executeTakeFirst()
  const oldest = await db.selectFrom('audit_event').select('seq').orderBy('seq').limit(1).executeTakeFirst()
  const anchor = await newest(db, 'audit_checkpoint')
    .select('seq')
    .where('seq', '<=', Math.min(through, (oldest?.seq ?? 0) + mostPruned))
    .where('seq', '<', head?.seq ?? 0)
    .executeTakeFirst()
  if (anchor === undefined) return undefined
  const deleted = await db.deleteFrom('audit_event').where('seq', '<=', anchor.seq).executeTakeFirst()
  await db.deleteFrom('audit_checkpoint').where('seq', '<', anchor.seq).execute()
  return deleted.numDeletedRows === 0n ? undefined : anchor.seq
}

const select = (db: Kysely<Schema>, { after, limit, order, from, until, action, subject, actor }: AuditQuery) => {
  const descending = order === 'newest_first'
  let query = db.selectFrom('audit_event').selectAll().limit(limit)
  query = query.orderBy('seq', descending ? 'desc' : 'asc')
  if (after !== undefined) query = query.where('seq', descending ? '<' : '>', after)
  if (from !== undefined) query = query.where('at', '>=', from)
  if (until !== undefined) query = query.where('at', '<', until)
  if (actor !== undefined) query = query.where('actor', '=', actor)
  if (action !== undefined) query = query.where(under('action', action, '.'))
  if (subject !== undefined) query = query.where(under('subject', subject, '/'))
  return query
}

/** Itself, or what goes on with the separator: between it and the character that follows the separator. */
const under = (column: 'action' | 'subject', value: string, separator: '.' | '/') => {
  const beyond = String.fromCharCode(separator.charCodeAt(0) + 1)
  const name = sql.ref(column)
  return sql<boolean>`(${name} = ${value} or (${name} > ${value + separator} and ${name} < ${value + beyond}))`
}

const fromRow = (row: Selectable<AuditEventTable>): AuditRecord => ({
  seq: row.seq,
  at: row.at,
  action: row.action,
  subject: row.subject,
  actor: row.actor,
  credentialId: orUndefined(row.credential_id),
  address: orUndefined(row.address),
  outcome: row.outcome,
  details: JSON.parse(row.details),
  hash: row.hash,
})

const toRow = (record: AuditRecord): Selectable<AuditEventTable> => ({
  seq: record.seq,
  at: record.at,
  action: record.action,
  subject: record.subject,
  actor: record.actor,
  credential_id: orNull(record.credentialId),
  address: orNull(record.address),
  outcome: record.outcome,
  details: JSON.stringify(record.details),
  hash: record.hash,
})
