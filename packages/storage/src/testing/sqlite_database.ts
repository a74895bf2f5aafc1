/** An SQLite file for the conformance suite. */
import { rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { closeDatabase, type Database } from '../dialects/database.ts'
import { openSqlite } from '../dialects/sqlite.ts'
import { openStorage } from '../open_storage.ts'
import type { Storage } from '../stores.ts'
import type { TestDatabase } from './test_database.ts'

export const createSqliteTestDatabase = (file: string): TestDatabase => {
  const opened: Storage[] = []
  const connected: Database[] = []
  return {
    open: async () => {
      const storage = await openStorage({ database: { kind: 'sqlite', file } })
      opened.push(storage)
      return storage
    },
    connect: async () => {
      const database = await openSqlite(file)
      connected.push(database)
      return database
    },
    execute: async (sql) => {
      const plain = new DatabaseSync(file)
      try {
        plain.exec(sql)
      } finally {
        plain.close()
      }
    },
    remove: async () => {
      for (const storage of opened) await storage.close()
      for (const database of connected) await closeDatabase(database)
      for (const ending of ['', '-wal', '-shm']) await rm(`${file}${ending}`, { force: true })
    },
  }
}
