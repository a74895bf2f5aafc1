/** One step of the schema. Steps only go forward, and a released one never changes. */
import type { Transaction } from 'kysely'
import type { DialectSql } from '../dialects/database.ts'
import type { Schema } from '../tables/schema.ts'

export interface Migration {
  readonly name: string
  readonly up: (db: Transaction<Schema>, sql: DialectSql) => Promise<void>
}
