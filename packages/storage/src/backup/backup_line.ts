/** A backup: lines of JSON, the same for every dialect. First a header, then the rows of each table, then a line that says that it is whole. */
import { StoreError } from '../store_error.ts'

export interface BackupHeader {
  /** The version of this format. */
  readonly credence_backup: 1
  /** The migrations that the database had. */
  readonly migrations: readonly string[]
  /** Epoch seconds. */
  readonly created_at: number
  /** What whoever made it wants to be known of it. */
  readonly about: Readonly<Record<string, string>>
}

/** Integers, text, null; bytes as base64. */
export type BackupValue = string | number | null | { readonly base64: string }

export interface BackupRow {
  readonly table: string
  readonly row: Readonly<Record<string, BackupValue>>
}

export interface BackupEnd {
  readonly rows: number
}

/** Longer than any row: an audit record of a client with 256 grants. */
export const maxLineLength = 64 * 1024 * 1024

/** @throws {StoreError} `bad_backup` */
export const parseHeader = (line: string | undefined): BackupHeader => {
  const header = line === undefined ? undefined : parseObject(line)
  if (typeof header?.credence_backup !== 'number') throw new StoreError('bad_backup', 'this is no backup of Credence')
  if (header.credence_backup !== 1)
    throw new StoreError('schema_too_new', 'a newer Credence made this backup: restore it with that one')
  if (!Array.isArray(header.migrations) || typeof header.created_at !== 'number' || !isObject(header.about))
    throw new StoreError('bad_backup', 'the header of the backup is damaged')
  return header as unknown as BackupHeader
}

/** @throws {StoreError} `bad_backup` */
export const parseLine = (line: string): BackupRow | BackupEnd => {
  const value = line.length > maxLineLength ? undefined : parseObject(line)
  if (typeof value?.rows === 'number') return { rows: value.rows }
  if (typeof value?.table === 'string' && isObject(value.row)) return value as unknown as BackupRow
  throw new StoreError('bad_backup', 'a line of the backup is damaged')
}

const parseObject = (line: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(line)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const toBackupValue = (value: unknown): BackupValue => {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') }
  throw new TypeError(`a ${typeof value} cannot be backed up`)
}

export const fromBackupValue = (value: BackupValue): string | number | null | Uint8Array =>
  typeof value === 'object' && value !== null ? Buffer.from(value.base64, 'base64') : value
