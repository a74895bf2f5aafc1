/** SQLite through node:sqlite: nothing to compile, nothing to start. */
import { resolve } from 'node:path'
import { CompiledQuery, type DatabaseConnection, Kysely, SqliteDialect, SqliteDriver, sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/sqlite'
import type { Schema } from '../tables/schema.ts'
import type { Database, DialectSql, Snapshot } from './database.ts'
import { openReader, openWriter, prepareSqliteFile, whenUnlocked } from './sqlite_file.ts'

/**
 * Opens an SQLite file, creating it, readable by its owner alone, where there is none.
 *
 * Two connections: one for transactions, which Kysely hands out to one at a time, and one for reading, which in WAL
 * mode sees what is committed and waits for nobody.
 *
 * @throws {StoreError} `unavailable` when the file cannot be created, opened or written, or is not a database.
 */
export const openSqlite = async (file: string): Promise<Database> => {
  const path = resolve(file)
  await prepareSqliteFile(path)
  const writer = new Kysely<Schema>({ dialect: new WriterDialect({ database: async () => openWriter(path) }) })
  const reader = new Kysely<Schema>({ dialect: new SqliteDialect({ database: async () => openReader(path) }) })
  const openSnapshot = () => openSqliteSnapshot(path)
  return {
    ...{ dialect: 'sqlite', reader, writer, migrator: writer, sql: sqliteSql, openSnapshot, closed: false },
    append: (statement) => withoutWaiting(writer, (db) => whenUnlocked(() => statement(db))),
    relaxed: (work) => withoutWaiting(writer, work),
    // one process has the file
    watchChanges: () => () => {},
  }
}

/**
 * Without waiting for the disk, which in WAL mode loses nothing when the process dies, only when the machine does. A
 * wait of milliseconds would hold up everybody, since it is one of the event loop's.
 */
const withoutWaiting = <T>(writer: Kysely<Schema>, work: (db: Kysely<Schema>) => Promise<T>): Promise<T> =>
  writer.connection().execute(async (db) => {
    await sql`pragma synchronous = normal`.execute(db)
    try {
      return await work(db)
    } finally {
      await sql`pragma synchronous = full`.execute(db)
    }
  })

const openSqliteSnapshot = async (path: string): Promise<Snapshot> => {
  const connection = new Kysely<Schema>({ dialect: new SqliteDialect({ database: async () => openReader(path) }) })
  const db = await connection.startTransaction().execute()
  return {
    db,
    async *readTable(table, limit) {
      let rows: object[] = []
      for await (const row of db.selectFrom(table).selectAll().stream()) {
        rows.push(row)
        if (rows.length < limit) continue
        yield rows
        rows = []
      }
      yield rows
    },
    async close() {
      await db.rollback().execute()
      await connection.destroy()
    },
  }
}

class WriterDialect extends SqliteDialect {
  readonly #config: ConstructorParameters<typeof SqliteDialect>[0]

  constructor(config: ConstructorParameters<typeof SqliteDialect>[0]) {
    super(config)
    this.#config = config
  }

  override createDriver() {
    return new WriterDriver(this.#config)
  }
}

class WriterDriver extends SqliteDriver {
  // A transaction that begins by reading and then finds that another process has written cannot go on. This one is a
  // writer's from the start.
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await whenUnlocked(() => connection.executeQuery(CompiledQuery.raw('begin immediate')))
  }
}

const nothingToDo = async () => {}

const sqliteSql: DialectSql = {
  // `begin immediate` has done both.
  lockWriters: nothingToDo,
  lockMigrations: nothingToDo,
  // `where true`, or the parser takes the `on` of a conflict for that of a join
  pairs: (json) => sql`select value ->> 0, value ->> 1 from json_each(${json}) where true`,
  jsonRows: (rows) => sql`${jsonArrayFrom(rows)}`,
  hex: (column) => sql`hex(${sql.ref(column)})`,
  changeNotice: [],
  ddl: {
    key: sql`text`,
    integer: sql`integer`,
    bytes: sql`blob`,
    tableEnd: sql`strict, without rowid`,
  },
}
