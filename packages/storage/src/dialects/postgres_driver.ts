/** A bounded pool of connections to PostgreSQL for Kysely, in which every wait has an end. */
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely'
import pg from 'pg'
import { StoreError } from '../store_error.ts'
import { postgresError } from './postgres_error.ts'

export interface PoolOptions {
  readonly url: string
  /** Most connections at once. */
  readonly size: number
  /** Longest wait for a connection: for one of the pool to become free, or for a new one to be made. */
  readonly connectMs: number
  /** Longest time for one statement. The server ends it. */
  readonly statementMs: number
  /** Longest wait for an answer; longer than `statementMs`, for a server that has stopped answering. */
  readonly answerMs: number
  /** A connection that is not used for so long is closed. */
  readonly idleMs: number
}

/** Longer than any transaction of ours may take: for a process that has vanished without closing its connection. */
const idleInTransactionMs = 15_000

export const createPostgresDriver = (options: PoolOptions): Driver => {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.size,
    connectionTimeoutMillis: options.connectMs,
    idleTimeoutMillis: options.idleMs,
    statement_timeout: options.statementMs,
    query_timeout: options.answerMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    keepAlive: true,
    application_name: 'credence',
    types: { getTypeParser },
  })
  // Without a listener, a connection that breaks while nobody waits on it would end the process. Nothing else is to be
  // done: the pool drops it, and whoever is using it gets an error at the next statement.
  pool.on('error', ignore)
  pool.on('connect', (client) => client.on('error', ignore))
  return {
    init: done,
    acquireConnection: async () => {
      try {
        return new PooledConnection(await pool.connect())
      } catch (error) {
        throw postgresError(error, '')
      }
    },
    beginTransaction: (connection, { isolationLevel = 'read committed' }) =>
      pooled(connection).run(`begin isolation level ${isolationLevel}`),
    commitTransaction: (connection) => pooled(connection).commit(),
    rollbackTransaction: (connection) => pooled(connection).rollback(),
    releaseConnection: async (connection) => pooled(connection).release(),
    destroy: () => pool.end(),
  }
}

const ignore = () => {}
const done = async () => {}

const int8 = pg.types.builtins.INT8

// Times, versions and lifetimes are far below 2^53.
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  oid === int8 ? Number : pg.types.getTypeParser(oid, format === 'binary' ? 'binary' : 'text')

class PooledConnection implements DatabaseConnection {
  readonly #client: pg.PoolClient
  // After one statement that was not answered, the next would wait behind it, so such a connection is thrown away.
  #broken = false

  constructor(client: pg.PoolClient) {
    this.#client = client
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const result = await this.#query(sql, parameters)
    return { rows: result.rows, numAffectedRows: BigInt(result.rowCount ?? 0) }
  }

  streamQuery(): never {
    throw new Error('rows are not streamed here')
  }

  async run(sql: string): Promise<void> {
    await this.#query(sql, [])
  }

  async commit(): Promise<void> {
    const { command } = await this.#query('commit', [])
    // The answer to the commit of a transaction in which a statement has failed: nothing is stored.
    if (command === 'ROLLBACK') throw new StoreError('unavailable', 'the database did not commit the transaction')
  }

  async rollback(): Promise<void> {
    // The server rolls back by itself when the connection is closed.
    if (!this.#broken) await this.run('rollback')
  }

  release(): void {
    this.#client.release(this.#broken)
  }

  async #query(sql: string, parameters: readonly unknown[]) {
    if (this.#broken) throw new StoreError('unavailable', 'the connection to the database was lost')
    try {
      return await this.#client.query(sql, [...parameters])
    } catch (error) {
      this.#broken = !(error instanceof pg.DatabaseError)
      throw postgresError(error, sql)
    }
  }
}

const pooled = (connection: DatabaseConnection): PooledConnection => {
  if (connection instanceof PooledConnection) return connection
  throw new TypeError('a connection of another driver')
}
