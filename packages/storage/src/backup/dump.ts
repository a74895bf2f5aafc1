/** Reads all that a database keeps, as of one moment, while others go on writing. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '@credence/protocol'
import type { Kysely } from 'kysely'
import type { Database } from '../dialects/database.ts'
import type { Schema } from '../tables/schema.ts'
import { type BackupHeader, toBackupValue } from './backup_line.ts'
import { listTables, notBackedUp } from './list_tables.ts'

export interface DumpOptions {
  readonly clock: Clock
  readonly about: BackupHeader['about']
}

const rowsPerRead = 500

/** The lines of a backup, without their ends. Memory: one read of rows. */
export async function* dump(database: Database, { clock, about }: DumpOptions): AsyncGenerator<string> {
  const snapshot = await database.openSnapshot()
  try {
    const { db } = snapshot
    const header: BackupHeader = {
      credence_backup: 1,
      migrations: await readMigrations(db),
      created_at: clock.epochSeconds(),
      about,
    }
    yield JSON.stringify(header)
    let rows = 0
    for (const table of await listTables(db)) {
      if (table === notBackedUp) continue
      for await (const read of snapshot.readTable(table, rowsPerRead)) {
        for (const row of read) {
          const values = Object.entries(row).map(([column, value]) => [column, toBackupValue(value)])
          yield JSON.stringify({ table, row: Object.fromEntries(values) })
          rows++
        }
        await nextTurn()
      }
    }
    yield JSON.stringify({ rows })
  } finally {
    await snapshot.close()
  }
}

const readMigrations = async (db: Kysely<Schema>): Promise<readonly string[]> => {
  const rows = await db.selectFrom('schema_migration').select('name').orderBy('version').execute()
  return rows.map(({ name }) => name)
}
