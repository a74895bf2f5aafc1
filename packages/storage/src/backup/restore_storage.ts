/** Restores a backup to where a server will look for its data. */
import { existsSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Clock, systemClock } from '@credence/protocol'
import { closeDatabase, type Database } from '../dialects/database.ts'
import { openSqlite } from '../dialects/sqlite.ts'
import type { DatabaseLocation } from '../open_storage.ts'
import { StoreError } from '../store_error.ts'
import { type Loaded, type LoadOptions, load } from './load.ts'

export interface RestoreOptions {
  readonly database: DatabaseLocation
  readonly force: boolean
  readonly clock?: Clock
}

/** Beside a database file: there while it is being restored, and left behind when that was interrupted. */
export const restoringFile = (file: string): string => `${file}.restoring`

/**
 * Fills an empty database, or with `force` any, from the lines of a backup.
 *
 * An SQLite file comes under its name when it is whole and on the disk; in PostgreSQL all of it is one transaction.
 *
 * Does not check: that no server uses the database.
 *
 * @throws {StoreError} as {@link load} does; `unavailable` when the database cannot be written.
 */
export const restoreStorage = async (lines: AsyncIterable<string>, options: RestoreOptions): Promise<Loaded> => {
  const loading = { clock: options.clock ?? systemClock, force: options.force }
  if (options.database.kind === 'sqlite') return restoreFile(options.database.file, lines, loading)
  const { openPostgres } = await import('../dialects/postgres.ts')
  return loadAndClose(openPostgres(options.database.url), lines, loading)
}

const loadAndClose = async (database: Database, lines: AsyncIterable<string>, options: LoadOptions) => {
  try {
    return await load(database, lines, options)
  } finally {
    await closeDatabase(database)
  }
}

const restoreFile = async (file: string, lines: AsyncIterable<string>, options: LoadOptions): Promise<Loaded> => {
  if (existsSync(file) && !options.force) throw new StoreError('already_exists', `${file} exists; --force replaces it`)
  const restoring = restoringFile(file)
  const removeRestoring = async () => {
    for (const ending of ['-wal', '-shm', '']) await rm(`${restoring}${ending}`, { force: true })
  }
  await removeRestoring()
  try {
    // closing the last connection brings the write-ahead log into the file
    const loaded = await loadAndClose(await openSqlite(restoring), lines, options)
    await sync(restoring)
    // the log of the database that is replaced must not be taken for this one's
    for (const ending of ['-wal', '-shm']) await rm(`${file}${ending}`, { force: true })
    await rename(restoring, file)
    await sync(dirname(file))
    return loaded
  } catch (error) {
    await removeRestoring()
    throw error
  }
}

const sync = async (path: string) => {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
