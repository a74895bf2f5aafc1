/** What the commands of `credence audit` do. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AuditHead, type AuditReport, createAuditVerifier } from '@credence/storage'
import { CliError } from '../cli_error.ts'
import { openManagement } from '../management/management_client.ts'
import { printJson, printLines } from '../terminal/print.ts'
import { formatTime } from '../terminal/times.ts'
import { type AuditDocument, type AuditEntry, createSignatureCheck, readExport, readServerLog } from './audit_source.ts'
import type { ManagementOptions } from './command_options.ts'

export interface AuditFilters extends ManagementOptions {
  readonly since?: number
  readonly until?: number
  readonly action?: string
  readonly subject?: string
  readonly client?: string
  readonly actor?: string
  readonly limit?: number
}

export const listAudit = async (options: AuditFilters): Promise<void> => {
  const { since, until, action, actor, client, limit = 50 } = options
  const subject = options.subject ?? (client === undefined ? undefined : `clients/${encodeURIComponent(client)}`)
  const given = Object.entries({ from: since, until, action, subject, actor, limit: Math.min(limit, 1_000) })
  const query = new URLSearchParams(
    given.flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, String(value)]])),
  )
  const management = await openManagement(options.data)
  const { items } = await management.get<{ items: readonly AuditDocument[] }>(`/audit-events?${query}`)
  if (options.json) return printJson({ items })
  const { printTable } = await import('../terminal/print_table.ts')
  printTable(
    ['SEQ', 'TIME', 'ACTOR', 'ACTION', 'SUBJECT', 'DETAILS'],
    items.map((event) => [
      String(event.seq),
      formatTime(event.at),
      event.address === undefined ? event.actor : `${event.actor} from ${event.address}`,
      event.outcome === 'refused' ? `${event.action} (refused)` : event.action,
      decoded(event.subject),
      describeDetails(event.details),
    ]),
    'nothing that matches is in the audit log',
  )
}

const decoded = (subject: string): string => {
  try {
    return decodeURIComponent(subject)
  } catch {
    return subject
  }
}

const maxDetails = 100

/** What differs between before and after, or whatever else explains the event. */
const describeDetails = ({ before, after, ...rest }: AuditDocument['details']): string => {
  const told = isObject(before) && isObject(after) ? [...differences(before, after)] : []
  for (const [name, value] of Object.entries(rest)) told.push(`${name}=${format(value)}`)
  const text = told.join(', ')
  return text.length > maxDetails ? `${text.slice(0, maxDetails)}…` : text
}

const differences = (before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>) =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => name !== 'updated_at' && format(before[name]) !== format(after[name]))
    .map((name) => `${name}: ${format(before[name])} → ${format(after[name])}`)

const format = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? '-'))

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

export interface VerifyOptions extends ManagementOptions {
  readonly file?: string
  readonly key?: string
  readonly expect?: AuditHead
}

/** @throws {CliError} `audit_not_whole`, after it has said what is wrong. */
export const verifyAudit = async ({ file, key, expect, data, json }: VerifyOptions): Promise<void> => {
  const entries = file === undefined ? readServerLog(await openManagement(data)) : readExport(file)
  const report = await verify(entries, { keyFile: key, expect })
  if (json) printJson(report)
  else printLines(describeReport(report))
  if (!report.ok) throw new CliError('audit_not_whole', 'the audit log is not what was written')
}

const verify = async (
  entries: AsyncIterable<AuditEntry>,
  { keyFile, expect }: { readonly keyFile: string | undefined; readonly expect: AuditHead | undefined },
): Promise<AuditReport> => {
  let check = keyFile === undefined ? undefined : createSignatureCheck(await readKey(keyFile))
  const verifier = createAuditVerifier({ verify: (checkpoint) => check?.(checkpoint) === true }, { expected: expect })
  for await (const entry of entries) {
    if ('key' in entry) check ??= createSignatureCheck(entry.key)
    else if ('checkpoint' in entry) verifier.checkpoint(entry.checkpoint)
    else {
      const { credential_id: credentialId, ...event } = entry.event
      verifier.record({ ...event, credentialId })
    }
  }
  return verifier.report()
}

const readKey = async (file: string) => {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new CliError('bad_key', `${file}: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}

const describeReport = ({ ok, records, checkpoints, head, faults }: AuditReport): readonly string[] =>
  ok
    ? [
        `the audit log is whole: ${records} records, ${checkpoints} signed checkpoints`,
        `head ${head.seq}:${head.hash}`,
        'Keep the head elsewhere: credence audit verify --expect tells by it that nothing was cut off since.',
      ]
    : [...faults, `${records} records were read`]

/** One line for each entry; checkpoints stand behind the record that they sign. */
export const exportAudit = async ({ data }: ManagementOptions): Promise<void> => {
  const management = await openManagement(data)
  for await (const entry of readServerLog(management)) {
    if (!process.stdout.write(`${asciiJson(entry)}\n`)) await once(process.stdout, 'drain')
  }
}

/** So that whatever reads the lines, or shows them, meets nothing but printable characters. */
const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** @throws {CliError} `not_found` when there is nothing that could be pruned. */
export const pruneAudit = async ({
  through,
  data,
  json,
}: ManagementOptions & { readonly through: number }): Promise<void> => {
  const management = await openManagement(data)
  const prune = () => management.post<Pruned>('/audit-events/prune', { through })
  let pruned = await prune()
  // the server prunes in steps, because all other changes wait meanwhile, and says not_found when no step is left
  for (let next: Pruned | undefined = pruned; next !== undefined; ) {
    pruned = next
    next = pruned.through === through ? undefined : await prune().catch(ignoreNotFound)
  }
  if (json) return printJson(pruned)
  printLines([`records through ${pruned.through} are deleted; a record of that is in the log`])
}

interface Pruned {
  readonly through: number
}

const ignoreNotFound = (error: unknown): undefined => {
  if (!(error instanceof CliError && error.code === 'not_found')) throw error
}
