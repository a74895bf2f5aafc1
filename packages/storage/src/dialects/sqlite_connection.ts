/** One connection to an SQLite file by node:sqlite, in the shape that Kysely's SQLite dialect drives. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { SqliteDatabase, SqliteStatement } from 'kysely'
import { sqliteError } from './sqlite_error.ts'

/** Prepared statements kept for use again. Every query of the stores is among fewer than these. */
const maxStatements = 100

/** secure_delete reads the file, and may meet the lock of another process that opens it at the same moment. */
const setUpTimeoutMs = 5_000

export interface ConnectionOptions {
  readonly readOnly: boolean
  /** How long a statement waits for a lock of another connection. It blocks the event loop meanwhile. */
  readonly busyTimeoutMs: number
}

/**
 * Opens a connection.
 *
 * @throws {StoreError} `unavailable` when the file cannot be opened or is not a database.
 */
export const openSqliteConnection = (file: string, { readOnly, busyTimeoutMs }: ConnectionOptions): SqliteDatabase => {
  const database = mapped('', () => {
    const opened = new DatabaseSync(file, { readOnly, timeout: setUpTimeoutMs })
    // A commit is acknowledged only when it is on the disk.
    // What is deleted or replaced is overwritten: a key that was erased or sealed anew leaves nothing behind in the file.
    opened.exec('pragma synchronous = full; pragma foreign_keys = on; pragma secure_delete = on')
    opened.exec(`pragma busy_timeout = ${busyTimeoutMs}`)
    return opened
  })
  const statements = new Map<string, SqliteStatement>()

  const prepare = (sql: string): SqliteStatement => {
    const known = statements.get(sql)
    if (known !== undefined) {
      // Last used comes last; the first one is what the bound below evicts.
      statements.delete(sql)
      statements.set(sql, known)
      return known
    }
    const [oldest] = statements.keys()
    if (statements.size >= maxStatements && oldest !== undefined) statements.delete(oldest)
    const prepared = prepareStatement(database, sql)
    statements.set(sql, prepared)
    return prepared
  }

  return {
    prepare,
    close: () => {
      statements.clear()
      if (database.isOpen) database.close()
    },
  }
}

const prepareStatement = (database: DatabaseSync, sql: string): SqliteStatement =>
  mapped(sql, () => {
    const statement = database.prepare(sql)
    return {
      reader: statement.columns().length > 0,
      all: (parameters) => mapped(sql, () => statement.all(...parameters.map(checkedInput))),
      run: (parameters) => mapped(sql, () => statement.run(...parameters.map(checkedInput))),
      iterate: (parameters) => statement.iterate(...parameters.map(checkedInput)),
    }
  })

const checkedInput = (value: unknown): SQLInputValue => {
  if (value === null || typeof value === 'string' || typeof value === 'number' || value instanceof Uint8Array)
    return value
  throw new TypeError(`SQLite does not store a ${typeof value}`)
}

const mapped = <T>(sql: string, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    throw sqliteError(error, sql)
  }
}
