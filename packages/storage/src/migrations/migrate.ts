/** Brings a database to the newest schema version. */
import type { Clock } from '@credence/protocol'
import { sql, type Transaction } from 'kysely'
import type { Database } from '../dialects/database.ts'
import { StoreError } from '../store_error.ts'
import type { Schema } from '../tables/schema.ts'
import { audit } from './audit.ts'
import { changeNotice } from './change_notice.ts'
import { credentialKinds } from './credential_kinds.ts'
import { credentialRotation } from './credential_rotation.ts'
import { declarations } from './declarations.ts'
import { initial } from './initial.ts'
import type { Migration } from './migration.ts'
import { quotaAndUserAgent } from './quota_and_user_agent.ts'
import { revocation } from './revocation.ts'
import { signingKeyDeadlines } from './signing_key_deadlines.ts'
import { usage } from './usage.ts'

/** In order: the first takes an empty database to version 1, and so on. Only ever appended to. */
export const migrations: readonly Migration[] = [
  initial,
  signingKeyDeadlines,
  audit,
  declarations,
  revocation,
  credentialRotation,
  quotaAndUserAgent,
  usage,
  changeNotice,
  credentialKinds,
]

export interface MigrateOptions {
  readonly clock: Clock
  readonly migrations: readonly Migration[]
}

/**
 * Runs the migrations that a database lacks.
 *
 * Each runs in one transaction together with the row that says it did, so that one that was interrupted is as if it had
 * never begun. Processes that do this at once wait for each other, and each migration is run by one of them.
 *
 * @throws {StoreError} `schema_too_new` when the database has migrations that this program does not know.
 */
export const migrate = async (database: Database, options: MigrateOptions): Promise<void> => {
  for (let done = false; !done; ) {
    done = await database.migrator
      .transaction()

      .execute(async (db) => {
        await database.sql.lockMigrations(db)
        const version = await readVersion(db, database)
        checkVersion(version, options.migrations.length)
        const next = options.migrations[version]
        if (next === undefined) return true
        await next.up(db, database.sql)
        const row = { version: version + 1, name: next.name, applied_at: options.clock.epochSeconds() }
        await db.insertInto('schema_migration').values(row).execute()
        return false
      })
  }
}

const readVersion = async (db: Transaction<Schema>, { sql: { ddl } }: Database) => {
  await sql`create table if not exists schema_migration (
    version ${ddl.integer} not null primary key,
    name text not null,
    applied_at ${ddl.integer} not null
  ) ${ddl.tableEnd}`.execute(db)
  const newest = await db.selectFrom('schema_migration').select('version').orderBy('version', 'desc').executeTakeFirst()
  return newest?.version ?? 0
}

const checkVersion = (version: number, known: number) => {
  if (version > known)
    throw new StoreError(
      'schema_too_new',
      `the database has schema version ${version}, this program knows ${known}: run the newer Credence that wrote it, or restore a backup made before`,
    )
}
