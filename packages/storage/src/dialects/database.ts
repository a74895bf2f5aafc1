/** What the two SQL dialects do differently, and the connections of one of them. All other SQL is written once. */
import type { AliasableExpression, Kysely, RawBuilder, SelectQueryNode, Transaction } from 'kysely'
import { StoreError } from '../store_error.ts'
import type { Schema } from '../tables/schema.ts'

export interface DialectSql {
  /**
   * Makes a transaction wait until no other writer's transaction is under way, and others wait for it.
   *
   * With one writer at a time, what a write has checked stays true until it commits, and changes commit in the order
   * of their versions.
   */
  readonly lockWriters: (db: Transaction<Schema>) => Promise<void>
  /** The same for migrations, before there is any table to lock. */
  readonly lockMigrations: (db: Transaction<Schema>) => Promise<void>
  /** Rows of a text and a number, given as JSON of an array of pairs: one parameter, and so one statement for any number. */
  readonly pairs: (json: string) => RawBuilder<unknown>
  /** The rows of a subquery as one JSON column, to be read by {@link parseJsonRows}. No column may be bytes. */
  readonly jsonRows: <Row>(rows: RowsQuery<Row>) => RawBuilder<JsonRows<Row>>
  /** A column of bytes as hexadecimal text. */
  readonly hex: (column: string) => RawBuilder<string>
  /** What makes the database say that rows were added to `change`. Nothing, where there is nobody to tell. */
  readonly changeNotice: readonly RawBuilder<unknown>[]
  readonly ddl: DdlSql
}

/** Types and endings of `create table`. */
export interface DdlSql {
  /** Text that sorts by its bytes, so that a list has the same order in every dialect. */
  readonly key: RawBuilder<unknown>
  /** 64 bits. */
  readonly integer: RawBuilder<unknown>
  readonly bytes: RawBuilder<unknown>
  readonly tableEnd: RawBuilder<unknown>
}

/** A select, as Kysely's JSON functions take it. */
export interface RowsQuery<Row> extends AliasableExpression<Row> {
  readonly isSelectQueryBuilder: true
  toOperationNode(): SelectQueryNode
}

/** As the driver hands it over: text, or parsed already. */
export type JsonRows<Row> = string | readonly Row[]

/** The rows of a {@link DialectSql.jsonRows} column. */
export const parseJsonRows = <Row>(rows: JsonRows<Row>): readonly Row[] =>
  typeof rows === 'string' ? JSON.parse(rows) : rows

/** The connections to one database. */
export interface Database {
  readonly dialect: 'sqlite' | 'postgres'
  /** For single statements outside any transaction. Never waits for one either. */
  readonly reader: Kysely<Schema>
  /** For transactions. */
  readonly writer: Kysely<Schema>
  /** For migrations, which may take longer than anything else. */
  readonly migrator: Kysely<Schema>
  readonly sql: DialectSql
  /** For reading all of it as of one moment, on a connection of its own. */
  readonly openSnapshot: () => Promise<Snapshot>
  /** Runs one statement that writes and takes part in no order of writes. */
  readonly append: <T>(statement: (db: Kysely<Schema>) => Promise<T>) => Promise<T>
  /** Lends the writer for what may be lost with the machine, so that its commits need not wait for the disk. */
  readonly relaxed: <T>(work: (writer: Kysely<Schema>) => Promise<T>) => Promise<T>
  /** Tells of commits of other processes; see `Storage`. */
  readonly watchChanges: (onChange: () => void) => () => void
  closed: boolean
}

/** A transaction that sees what was committed when it began, however long it lasts. */
export interface Snapshot {
  readonly db: Kysely<Schema>
  /** All rows of a table, at most `limit` of them at a time. */
  readTable(table: keyof Schema, limit: number): AsyncIterable<readonly object[]>
  close(): Promise<void>
}

/** Closes all connections, each when the statement or transaction on it has ended. May be called again. */
export const closeDatabase = async (database: Database): Promise<void> => {
  database.closed = true
  const { reader, writer, migrator } = database
  for (const connections of [reader, writer, migrator]) await connections.destroy()
}

/** @throws {StoreError} `unavailable` when the database has been closed. */
export const checkOpen = ({ closed }: Database): void => {
  if (closed) throw new StoreError('unavailable', 'the store is closed')
}
