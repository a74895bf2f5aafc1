/** What a dialect brings to the conformance suite, and how a test gets a database of its own. */
import type { Database } from '../dialects/database.ts'
import type { StoreErrorCode } from '../store_error.ts'
import type { Storage } from '../stores.ts'

export interface TestDatabase {
  /** Opens it once more, with connections of its own, as another process would. */
  open(): Promise<Storage>
  /** Connects without migrating. */
  connect(): Promise<Database>
  /** Runs one statement behind the store's back. */
  execute(sql: string): Promise<void>
  /** Closes what was opened and removes the database. */
  remove(): Promise<void>
}

/** Makes an empty database. */
export type CreateDatabase = () => Promise<TestDatabase>

/** A test function that gets an open, empty store. */
export const withStorage =
  (createDatabase: CreateDatabase, test: (storage: Storage, database: TestDatabase) => Promise<void>) => async () => {
    const database = await createDatabase()
    try {
      await test(await database.open(), database)
    } finally {
      await database.remove()
    }
  }

/** What a rejection has to look like. */
export const refusal = (code: StoreErrorCode) => ({ name: 'StoreError', code })
