/** How the stores reach the database: single reads, single writes, and transactions of many. */
import type { Kysely, Transaction } from 'kysely'
import { checkOpen, type Database, type DialectSql } from './dialects/database.ts'
import { StoreError } from './store_error.ts'
import type { Schema } from './tables/schema.ts'

export interface Session {
  readonly sql: DialectSql
  /** Runs a single statement. */
  read<T>(statement: (db: Kysely<Schema>) => Promise<T>): Promise<T>
  /**
   * Runs one statement that writes, whoever else writes meanwhile: for what no other write depends on. With SQLite it
   * outlives the process, and not the loss of power.
   */
  append<T>(statement: (db: Kysely<Schema>) => Promise<T>): Promise<T>
  /** Runs statements in a transaction, with no other writer between them. */
  write<T>(statements: (db: Transaction<Schema>) => Promise<T>): Promise<T>
  /** The same, for statistics that nobody was promised: with SQLite they outlive the process, and not the loss of power. */
  note<T>(statements: (db: Transaction<Schema>) => Promise<T>): Promise<T>
}

/** A transaction that takes longer than this is rolled back: it keeps all other writers waiting. */
export const maxTransactionMs = 10_000

/** A session in which every write is a transaction of its own. */
export const createSession = (database: Database): Session => ({
  sql: database.sql,
  read: async (statement) => {
    checkOpen(database)
    return statement(database.reader)
  },
  append: async (statement) => {
    checkOpen(database)
    return database.append(statement)
  },
  write: (statements) => transact(database, statements),
  note: async (statements) => {
    checkOpen(database)
    return database.relaxed((writer) => transactOn(writer, database.sql, statements))
  },
})

/**
 * Runs `work` in one transaction.
 *
 * A statement that failed has ended the transaction in PostgreSQL and has not in SQLite. Here it has in both: the
 * transaction is rolled back even when `work` catches the error.
 *
 * @throws what `work` throws, or what the first failed statement threw; {@link StoreError} `unavailable` when `work`
 *   takes longer than {@link maxTransactionMs}.
 */
export const runTransaction = <T>(database: Database, work: (session: Session) => Promise<T>): Promise<T> =>
  transact(database, async (db) => {
    const { session, end } = createTransactionSession(db, database.sql)
    let result: T
    try {
      result = await inTime(work(session))
    } catch (error) {
      await end()
      throw error
    }
    const failure = await end()
    if (failure !== undefined) throw failure.reason
    return result
  })

const transact = async <T>(database: Database, statements: (db: Transaction<Schema>) => Promise<T>): Promise<T> => {
  checkOpen(database)
  return transactOn(database.writer, database.sql, statements)
}

const transactOn = <T>(
  writer: Kysely<Schema>,
  { lockWriters }: DialectSql,
  statements: (db: Transaction<Schema>) => Promise<T>,
): Promise<T> =>
  writer.transaction().execute(async (db) => {
    await lockWriters(db)
    return statements(db)
  })

const createTransactionSession = (db: Transaction<Schema>, sql: DialectSql) => {
  const running = new Set<Promise<unknown>>()
  let failure: { readonly reason: unknown } | undefined
  let ended = false

  const run = async <T>(statements: (db: Transaction<Schema>) => Promise<T>): Promise<T> => {
    if (ended) throw new Error('the transaction has ended: its stores cannot be used any more')
    const result = statements(db)
    running.add(result)
    try {
      return await result
    } catch (reason) {
      failure ??= { reason }
      throw reason
    } finally {
      running.delete(result)
    }
  }

  // What still runs would run on outside the transaction, so it is waited for.
  const end = async () => {
    ended = true
    await Promise.allSettled(running)
    return failure
  }

  const session: Session = { sql, read: run, append: run, write: run, note: run }
  return { session, end }
}

const inTime = async <T>(work: Promise<T>): Promise<T> => {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => reject(new StoreError('unavailable', `a transaction took longer than ${maxTransactionMs} ms`)),
    maxTransactionMs,
  )
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
