/** PostgreSQL through pg: the way past one machine. */
import { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import { StoreError } from '../store_error.ts'
import type { Schema } from '../tables/schema.ts'
import type { Database, DialectSql, Snapshot } from './database.ts'
import { createPostgresDriver, type PoolOptions } from './postgres_driver.ts'
import { changeChannel, watchPostgresChanges } from './postgres_notices.ts'

const steady = { connectMs: 1_500, statementMs: 5_000, answerMs: 6_000, idleMs: 30_000 }

/** A migration may rewrite a large table, and processes that start at once wait for one that does. */
const migrating = { connectMs: 10_000, statementMs: 600_000, answerMs: 601_000, idleMs: 1 }

/**
 * Prepares to connect to PostgreSQL; the first statement does.
 *
 * Nine connections for reading and one for transactions: of the writers of all processes one works at a time, and those
 * that wait should not keep connections from readers.
 *
 * @throws {StoreError} `unavailable` when the URL cannot be read.
 */
export const openPostgres = (url: string): Database => {
  // The URL has a password in it, so neither it nor the parser's error goes into ours.
  if (!URL.canParse(url))
    throw new StoreError('unavailable', 'the database URL must be like postgres://user:password@host:5432/database')
  const reader = createKysely({ url, size: 9, ...steady })
  const writer = createKysely({ url, size: 1, ...steady })
  return {
    dialect: 'postgres',
    reader,
    writer,
    migrator: createKysely({ url, size: 1, ...migrating }),
    sql: postgresSql,
    openSnapshot: () => openPostgresSnapshot(url),
    append: (statement) => statement(reader),
    relaxed: (work) => work(writer),
    watchChanges: (onChange) => watchPostgresChanges(url, onChange),
    closed: false,
  }
}

const createKysely = (options: PoolOptions) =>
  new Kysely<Schema>({
    dialect: {
      createDriver: () => createPostgresDriver(options),
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createAdapter: () => new PostgresAdapter(),
      createIntrospector: (db) => new PostgresIntrospector(db),
    },
  })

const openPostgresSnapshot = async (url: string): Promise<Snapshot> => {
  const connection = createKysely({ url, size: 1, ...migrating })
  const db = await connection.startTransaction().setIsolationLevel('repeatable read').execute()
  // whoever takes the rows may be slow
  await sql`set local idle_in_transaction_session_timeout = '10min'`.execute(db)
  return {
    db,
    async *readTable(table, limit) {
      await sql`declare snapshot no scroll cursor for select * from ${sql.table(table)}`.execute(db)
      for (let last = false; !last; ) {
        const { rows } = await sql<object>`fetch forward ${sql.lit(limit)} from snapshot`.execute(db)
        yield rows
        last = rows.length < limit
      }
      await sql`close snapshot`.execute(db)
    },
    async close() {
      await db.rollback().execute()
      await connection.destroy()
    },
  }
}

/** Any number that nothing else locks by in the same database. */
const migrationLock = sql.lit(8_400_840_184_028_403)

const postgresSql: DialectSql = {
  lockWriters: async (db) => {
    await sql`select version from change_counter for update`.execute(db)
  },
  lockMigrations: async (db) => {
    await sql`select pg_advisory_xact_lock(${migrationLock})`.execute(db)
  },
  pairs: (json) => sql`select value ->> 0, (value ->> 1)::bigint from json_array_elements(${json}::json)`,
  jsonRows: (rows) => sql`${jsonArrayFrom(rows)}`,
  hex: (column) => sql`encode(${sql.ref(column)}, 'hex')`,
  changeNotice: [
    // one stays behind where a backup is restored over what there was
    sql`create or replace function credence_change_notice() returns trigger language plpgsql as ${sql.lit(
      `begin perform pg_notify('${changeChannel}', ''); return null; end`,
    )}`,
    sql`create trigger change_notice after insert on change for each statement execute function credence_change_notice()`,
  ],
  ddl: {
    key: sql`text collate "C"`,
    integer: sql`bigint`,
    bytes: sql`bytea`,
    tableEnd: sql``,
  },
}
