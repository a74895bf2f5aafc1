/** What pg's errors mean to a caller of the store. */
import { StoreError } from '../store_error.ts'

/** SQLSTATE classes and codes of a database that cannot be used now. */
const unavailable = new Map([
  ['08', 'the connection to the database was lost'],
  ['28', 'the database refused the login'],
  ['3D', 'there is no such database'],
  ['40', 'the transaction lost to another one'],
  ['53', 'the database is out of resources'],
  ['55', 'the database is busy'],
  ['57', 'the database stopped the statement'],
  ['58', 'the disk failed under the database'],
  ['25', 'the database ended the transaction or is read-only'],
])

const sqlState = /^[0-9A-Z]{5}$/

/**
 * The StoreError for what pg threw, or the error itself where it is none of a caller's business.
 *
 * Errors keep no `detail`, in which PostgreSQL quotes the row that it refused.
 */
export const postgresError = (error: unknown, sql: string): unknown => {
  if (!(error instanceof Error) || error instanceof TypeError) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const cause = { cause: error }
  // Not the server's answer: the driver could not reach it, lost it, or gave up waiting.
  if (!sqlState.test(code))
    return new StoreError('unavailable', `the database cannot be reached: ${error.message}`, cause)
  if ('detail' in error) error.detail = undefined
  if (code === '23505') return new StoreError('already_exists', 'the key exists already', cause)
  if (code === '23503' || code === '23001')
    return sql.startsWith('delete')
      ? new StoreError('in_use', 'something still refers to it', cause)
      : new StoreError('not_found', 'it refers to what does not exist', cause)
  const why = unavailable.get(code.slice(0, 2))
  return why === undefined ? error : new StoreError('unavailable', `${why}: ${error.message}`, cause)
}
