/** What `credence findings` does. */
import { CliError } from '../cli_error.ts'
import { dataFlag } from '../management/local_transport.ts'
import { openManagement } from '../management/management_client.ts'
import { printJson, printLines } from '../terminal/print.ts'
import type { ManagementOptions } from './command_options.ts'
import { type Severity, severities } from './severity.ts'

export interface FindingsOptions extends ManagementOptions {
  readonly severity?: Severity
  readonly client?: string
  readonly failOn?: Severity
}

interface FindingDocument {
  readonly id: string
  readonly kind: string
  readonly severity: Severity
  readonly client_id?: string
  readonly audience?: string
  readonly evidence: string
  readonly command: string
}

export const showFindings = async ({ data, json, severity, client, failOn }: FindingsOptions): Promise<void> => {
  const filter = new URLSearchParams({
    ...(severity !== undefined && { severity }),
    ...(client !== undefined && { client_id: client }),
  })
  const items = await (await openManagement(data)).list<FindingDocument>(`/findings?${filter}`)
  if (json) printJson({ items })
  else printLines(items.length === 0 ? ['nothing to look at'] : items.flatMap((item) => describe(item, data)))
  const grave = items.filter((item) => failOn !== undefined && rank(item.severity) >= rank(failOn))
  if (grave.length > 0) throw new CliError('findings', `${grave.length} of severity ${failOn} or graver`)
}

const rank = (severity: Severity): number => severities.indexOf(severity)

const describe = (
  { kind, severity, client_id, audience, evidence, command }: FindingDocument,
  data: string | undefined,
): readonly string[] => [
  `${severity.padEnd(8)}  ${[client_id, audience].filter((part) => part !== undefined).join(' at ')}: ${kind.replaceAll('_', ' ')}`,
  `          ${evidence}`,
  `          → ${command}${data === undefined ? '' : dataFlag(data)}`,
]
