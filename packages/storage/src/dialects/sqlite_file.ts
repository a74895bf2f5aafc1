/** An SQLite file: made private, switched to write-ahead logging, connected to. */
import { closeSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { StoreError } from '../store_error.ts'
import { openSqliteConnection } from './sqlite_connection.ts'
import { isBusy } from './sqlite_error.ts'

/**
 * Creates the file, readable by its owner alone, where there is none, and sees to it that it can be written.
 *
 * @throws {StoreError} `unavailable`, saying what is wrong with the file or its folder.
 */
export const prepareSqliteFile = async (path: string): Promise<void> => {
  createPrivateFile(path)
  await switchToWal(path)
}

// Waits for locks by trying again, so that the event loop goes on meanwhile.
export const openWriter = (path: string) => openSqliteConnection(path, { readOnly: false, busyTimeoutMs: 0 })

// In WAL mode a reader meets a lock only while another process opens or closes the file.
export const openReader = (path: string) => openSqliteConnection(path, { readOnly: true, busyTimeoutMs: 1_000 })

const lockRetryMs = 5
const lockAttempts = 1_000

/** Tries until no other connection is in the way, for 5 s. */
export const whenUnlocked = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt === lockAttempts || !(error instanceof StoreError && isBusy(error))) throw error
    }
    await delay(lockRetryMs)
  }
}

const createPrivateFile = (path: string) => {
  try {
    // SQLite gives the -wal and -shm files beside it the same mode.
    closeSync(openSync(path, 'a', 0o600))
  } catch (error) {
    throw new StoreError('unavailable', whyNotOpened(error, path), { cause: error })
  }
}

const whyNotOpened = (error: unknown, path: string) => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return `the folder ${dirname(path)} does not exist: create it`
  if (code === 'EISDIR') return `${path} is a folder: name a file in it`
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return `${path} cannot be written: give its folder to the user that runs this`
  return `${path} cannot be opened (${code})`
}

const switchToWal = async (path: string) => {
  try {
    await whenUnlocked(async () => {
      const connection = openWriter(path)
      try {
        connection.prepare('pragma journal_mode = wal').all([])
      } finally {
        connection.close()
      }
    })
  } catch (error) {
    if (error instanceof StoreError) throw new StoreError('unavailable', `${path}: ${error.message}`, { cause: error })
    throw error
  }
}
