/** What SQLite's result codes mean to a caller of the store. */
import { StoreError } from '../store_error.ts'

/** Primary result codes of a database that cannot be used, now or as it is. */
const unavailable = new Map([
  [5, 'another process is writing to the database'],
  [6, 'the database is locked'],
  [8, 'the database is read-only'],
  [10, 'the disk failed under the database'],
  [11, 'the database is damaged'],
  [13, 'the disk is full'],
  [14, 'the database file cannot be opened'],
  [15, 'the database is locked'],
  [26, 'the file is not a database'],
])

const busyCodes = [5, 6, 15]

/** Extended result codes of broken constraints. */
const uniqueCodes = [1555, 2067, 2579]
const foreignKeyCode = 787

/** Whether an error of this file says that another connection is in the way, and only that. */
export const isBusy = ({ cause }: StoreError): boolean =>
  cause instanceof Error &&
  'errcode' in cause &&
  typeof cause.errcode === 'number' &&
  busyCodes.includes(cause.errcode & 0xff)

/** The StoreError for what node:sqlite threw, or the error itself where it is none of a caller's business. */
export const sqliteError = (error: unknown, sql: string): unknown => {
  if (!(error instanceof Error) || !('code' in error)) return error
  if (error.code === 'ERR_INVALID_STATE') return new StoreError('unavailable', 'the database is closed')
  if (!('errcode' in error) || typeof error.errcode !== 'number') return error
  const cause = { cause: error }
  if (uniqueCodes.includes(error.errcode)) return new StoreError('already_exists', 'the key exists already', cause)
  if (error.errcode === foreignKeyCode)
    return sql.startsWith('delete')
      ? new StoreError('in_use', 'something still refers to it', cause)
      : new StoreError('not_found', 'it refers to what does not exist', cause)
  const why = unavailable.get(error.errcode & 0xff)
  return why === undefined ? error : new StoreError('unavailable', why, cause)
}
