/** A whole audit log in its order, from the server page by page or from an export line by line. */
import { createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { type AuditCheckpoint, type AuditRecord, checkpointText } from '@credence/storage'
import { CliError } from '../cli_error.ts'
import type { ManagementClient } from '../management/management_client.ts'

/** As the API shows them; checkpoints stand behind the record that they sign. */
export type AuditEntry =
  | { readonly key: JsonWebKey }
  | { readonly event: AuditDocument }
  | { readonly checkpoint: AuditCheckpoint }

export interface AuditDocument extends Omit<AuditRecord, 'credentialId'> {
  readonly credential_id?: string
}

interface Page<T> {
  readonly items: readonly T[]
}

const pageSize = 1_000

/** Reads the log up to a checkpoint that is not older than the last record it read. */
export async function* readServerLog(management: ManagementClient): AsyncGenerator<AuditEntry> {
  yield { key: await management.get<JsonWebKey>('/audit-checkpoints/key') }
  let last = 0
  let signed = 0
  for (;;) {
    const { items } = await management.get<Page<AuditDocument>>(
      `/audit-events?order=oldest_first&limit=${pageSize}&after=${last}`,
    )
    // read behind the records: whatever is appended is appended together with its checkpoint
    const { items: checkpoints } = await management.get<Page<AuditCheckpoint>>(
      `/audit-checkpoints?limit=${pageSize}&after=${signed}`,
    )
    last = items.at(-1)?.seq ?? last
    for (const entry of inOrder(items, checkpoints)) {
      // what it signs is still to be read
      if ('checkpoint' in entry && entry.checkpoint.seq > last && items.length > 0) break
      if ('checkpoint' in entry) signed = entry.checkpoint.seq
      yield entry
    }
    const newest = checkpoints.at(-1)
    if (items.length === 0 || (items.length < pageSize && (newest === undefined || newest.seq <= last))) return
  }
}

/** Each checkpoint behind the record that it signs. */
function* inOrder(events: readonly AuditDocument[], checkpoints: readonly AuditCheckpoint[]) {
  let next = 0
  for (const event of events) {
    for (let due = checkpoints[next]; due !== undefined && due.seq < event.seq; due = checkpoints[++next])
      yield { checkpoint: due }
    yield { event }
  }
  for (const checkpoint of checkpoints.slice(next)) yield { checkpoint }
}

const maxLineLength = 4 * 1024 * 1024

/** @throws {CliError} `bad_export` */
export async function* readExport(file: string): AsyncGenerator<AuditEntry> {
  let number = 0
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      number++
      yield parseEntry(line, `${file}: line ${number}`)
    }
  } catch (error) {
    if (error instanceof CliError) throw error
    throw new CliError('bad_export', `${file}: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}

const parseEntry = (line: string, where: string): AuditEntry => {
  const entry: unknown = line.length > maxLineLength ? undefined : parseJson(line)
  if (isObject(entry)) {
    if (isObject(entry.key)) return { key: entry.key }
    if (isObject(entry.event) && hasHead(entry.event) && isObject(entry.event.details))
      return { event: entry.event as unknown as AuditDocument }
    if (isObject(entry.checkpoint) && hasHead(entry.checkpoint) && typeof entry.checkpoint.signature === 'string')
      return { checkpoint: entry.checkpoint as unknown as AuditCheckpoint }
  }
  throw new CliError('bad_export', `${where} is not a line of an export`)
}

const parseJson = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const hasHead = ({ seq, hash }: Readonly<Record<string, unknown>>): boolean =>
  typeof seq === 'number' && typeof hash === 'string'

/** @throws {CliError} `bad_key` */
export const createSignatureCheck = (jwk: JsonWebKey): ((checkpoint: AuditCheckpoint) => boolean) => {
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    return (checkpoint) =>
      verify(null, Buffer.from(checkpointText(checkpoint)), key, Buffer.from(checkpoint.signature, 'base64url'))
  } catch (error) {
    throw new CliError('bad_key', 'the key is not a public Ed25519 JWK', { cause: error })
  }
}
