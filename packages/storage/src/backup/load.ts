/** Fills a database from a backup, in one transaction: all of it is there, or nothing. */
import type { Clock } from '@credence/protocol'
import { sql, type Transaction } from 'kysely'
import type { Database } from '../dialects/database.ts'
import { migrate, migrations } from '../migrations/migrate.ts'
import { StoreError } from '../store_error.ts'
import { noteIncomplete } from '../tables/replay.ts'
import type { Schema } from '../tables/schema.ts'
import { type BackupHeader, type BackupRow, fromBackupValue, parseHeader, parseLine } from './backup_line.ts'
import { listTables } from './list_tables.ts'

/**
 * The key that the cursors of the revocation feed are known by. It goes, and a new one is made: versions will be given
 * again that a subscriber has seen already, and with a cursor of before it would miss what they stand for.
 */
export const feedKeyPurpose = 'revocation_feed'

export interface LoadOptions {
  readonly clock: Clock
  /** Whether what the database has already may be deleted. */
  readonly force: boolean
}

export interface Loaded extends BackupHeader {
  readonly rows: number
}

/**
 * Reads a backup line by line into a database, and then brings that to the newest schema version.
 *
 * @throws {StoreError} `bad_backup` when it is damaged or not whole, `schema_too_new` when a newer Credence made it,
 *   `already_exists` when the database is not empty.
 */
export const load = async (database: Database, lines: AsyncIterable<string>, options: LoadOptions): Promise<Loaded> => {
  const iterator = lines[Symbol.asyncIterator]()
  const header = parseHeader((await iterator.next()).value)
  const known = migrations.slice(0, header.migrations.length)
  if (known.map(({ name }) => name).join() !== header.migrations.join())
    throw new StoreError('schema_too_new', 'the backup has migrations that this program does not know')
  await checkEmpty(database, options)
  // as it was when the backup was made, so that the rows fit
  await migrate(database, { clock: options.clock, migrations: known })
  const rows = await database.migrator.transaction().execute(async (db) => {
    await database.sql.lockWriters(db)
    const filled = await fill(db, iterator)
    await db.deleteFrom('sealed_key').where('purpose', '=', feedKeyPurpose).execute()
    return filled
  })
  await migrate(database, { clock: options.clock, migrations })
  await noteIncomplete(database.migrator, options.clock.epochSeconds())
  return { ...header, rows }
}

/** A database of another schema version than the backup's can only be replaced when nothing is in it. */
const checkEmpty = async ({ migrator }: Database, { force }: LoadOptions) => {
  const tables = (await migrator.introspection.getTables()).map(({ name }) => name)
  if (tables.length === 0) return
  if (!force) throw new StoreError('already_exists', 'the database is not empty; --force replaces what is in it')
  // dropped and not only emptied: it may be of another version
  await migrator.transaction().execute(async (db) => {
    for (const table of [...(await listTables(db))].reverse().concat('schema_migration'))
      await sql`drop table if exists ${sql.table(table)}`.execute(db)
  })
}

const rowsPerStatement = 100

const fill = async (db: Transaction<Schema>, lines: AsyncIterator<string>): Promise<number> => {
  const tables = await listTables(db)
  for (const table of [...tables].reverse()) await sql`delete from ${sql.table(table)}`.execute(db)
  let rows = 0
  let waiting: BackupRow[] = []
  const insert = async () => {
    if (waiting[0] !== undefined) await insertRows(db, waiting[0].table, waiting)
    waiting = []
  }
  for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
    const line = parseLine(next.value)
    if ('rows' in line) {
      await insert()
      if (line.rows !== rows) throw new StoreError('bad_backup', `the backup has ${rows} of its ${line.rows} rows`)
      return rows
    }
    if (!tables.some((table) => table === line.table))
      throw new StoreError('bad_backup', 'the backup has rows of an unknown table')
    if (waiting[0]?.table !== line.table || waiting.length === rowsPerStatement) await insert()
    waiting.push(line)
    rows++
  }
  throw new StoreError('bad_backup', 'the backup is not whole: its end is missing')
}

const insertRows = async (db: Transaction<Schema>, table: string, rows: readonly BackupRow[]) => {
  const columns = Object.keys(rows[0]?.row ?? {})
  const values = rows.map(
    ({ row }) => sql`(${sql.join(columns.map((column) => fromBackupValue(row[column] ?? null)))})`,
  )
  const names = sql.join(columns.map((column) => sql.ref(column)))
  await sql`insert into ${sql.table(table)} (${names}) values ${sql.join(values)}`.execute(db)
}
