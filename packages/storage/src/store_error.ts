/** What a store refuses, with a stable code. */

export type StoreErrorCode =
  | 'already_exists'
  | 'not_found'
  | 'revision_conflict'
  | 'in_use'
  /** The database cannot be reached, opened or written, or does not answer in time. */
  | 'unavailable'
  /** The database was written by a newer Credence. */
  | 'schema_too_new'
  /** What was given as a backup is none, is damaged, or is not whole. */
  | 'bad_backup'

export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
