/** A PostgreSQL database for the conformance suite. */
import pg from 'pg'
import { closeDatabase, type Database } from '../dialects/database.ts'
import { openPostgres } from '../dialects/postgres.ts'
import { openStorage } from '../open_storage.ts'
import type { Storage } from '../stores.ts'
import type { TestDatabase } from './test_database.ts'

/** Runs one statement on a connection of its own. @throws what pg throws, with the SQLSTATE as its code */
export const executeOnPostgres = async (url: string, sql: string, values: readonly unknown[] = []): Promise<void> => {
  const client = new pg.Client({ connectionString: url })
  // one that the server ends is told by the statement
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(sql, [...values])
  } finally {
    await client.end()
  }
}

export const createPostgresTestDatabase = (url: string): TestDatabase => {
  const opened: Storage[] = []
  const connected: Database[] = []
  return {
    open: async () => {
      const storage = await openStorage({ database: { kind: 'postgres', url } })
      opened.push(storage)
      return storage
    },
    connect: async () => {
      const database = openPostgres(url)
      connected.push(database)
      return database
    },
    execute: (sql) => executeOnPostgres(url, sql),
    // The database itself goes with the server.
    remove: async () => {
      for (const storage of opened) await storage.close()
      for (const database of connected) await closeDatabase(database)
    },
  }
}
