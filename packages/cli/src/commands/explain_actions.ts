/** What `credence explain` does. */
import { CliError, exitCodes, SilentExit, usageError } from '../cli_error.ts'
import { type ManagementClient, openManagement, pathOf } from '../management/management_client.ts'
import { printJson, printLines } from '../terminal/print.ts'
import { formatTime } from '../terminal/times.ts'
import type { ManagementOptions } from './command_options.ts'

export interface ExplainOptions extends ManagementOptions {
  readonly audience?: string
  readonly scope?: readonly (readonly string[])[]
  readonly refusals?: true
  readonly refusal?: number
}

interface ExplanationDocument {
  readonly client_id: string
  readonly granted: boolean
  readonly decided_by?: string
  readonly error?: string
  readonly rules: readonly {
    readonly rule: string
    readonly verdict: 'allows' | 'refuses' | 'depends'
    readonly because: string
  }[]
  readonly token?: { readonly audience: string; readonly scope: string; readonly expires_in: number }
}

interface RefusalRecord {
  readonly seq: number
  readonly action: string
  readonly subject: string
  readonly actor: string
  readonly outcome: string
  readonly credential_id?: string
  readonly address?: string
  readonly details: {
    readonly error?: string
    readonly reason?: string
    readonly method?: string
    readonly count?: number
    readonly first_at?: number
    readonly last_at?: number
  }
}

export const explain = async (client: string | undefined, options: ExplainOptions): Promise<void> => {
  const management = await openManagement(options.data)
  if (options.refusal !== undefined) return explainRefusal(options.refusal, management, options)
  if (client === undefined) throw usageError('say which client, or with --refusal which record of the audit log')
  if (options.refusals) return explainRefusals(client, management, options)
  const { audience, scope } = options
  const query = new URLSearchParams({
    ...(audience !== undefined && { audience }),
    ...(scope !== undefined && { scope: scope.flat().join(' ') }),
  })
  const explanation = await management.get<ExplanationDocument>(`${pathOf`/clients/${client}/explain`}?${query}`)
  if (options.json) printJson(explanation)
  else printLines(describeExplanation(explanation))
  if (!explanation.granted) throw new SilentExit(exitCodes.failed)
}

const describeExplanation = ({
  client_id: id,
  granted,
  rules,
  token,
  ...decision
}: ExplanationDocument): readonly string[] => {
  const width = Math.max(...rules.map(({ rule }) => rule.length))
  const isConditional = rules.some(({ verdict }) => verdict === 'depends')
  return [
    granted
      ? `${id} would get a token${isConditional ? ', if it goes by what follows' : ''}${token === undefined ? '' : `: ${token.scope} on ${token.audience} for ${token.expires_in} s`}`
      : `${id} would be refused: ${decision.error ?? 'invalid_client'}, by the rule ${decision.decided_by}`,
    ...rules.map(({ rule, verdict, because }) => `  ${verdict.padEnd(7)}  ${rule.padEnd(width)}  ${because}`),
  ]
}

/** Both what could not be authenticated and what was refused after that. */
const refusedActions = ['client.authenticate', 'token.refuse'] as const
const shown = 20

const explainRefusals = async (client: string, management: ManagementClient, { json }: ExplainOptions) => {
  const found = await Promise.all(
    refusedActions.map((action) => {
      const filter = { action, subject: pathOf`clients/${client}`, limit: String(shown) }
      return management.get<{ items: readonly RefusalRecord[] }>(`/audit-events?${new URLSearchParams(filter)}`)
    }),
  )
  const items = found
    .flatMap((page) => page.items)
    .toSorted((one, other) => other.seq - one.seq)
    .slice(0, shown)
  if (json) return printJson({ items: items.map((item) => ({ ...item, explanation: meaningOf(item) })) })
  if (items.length === 0)
    return printLines([`nothing that ${client} asked for was refused, as far as the audit log goes`])
  printLines(items.flatMap((item) => describeRefusal(item)))
}

const explainRefusal = async (seq: number, management: ManagementClient, { json }: ExplainOptions) => {
  if (!Number.isSafeInteger(seq) || seq < 1)
    throw usageError('--refusal takes the number of a record: credence audit list')
  const filter = new URLSearchParams({ order: 'oldest_first', after: String(seq - 1), limit: '1' })
  const { items } = await management.get<{ items: readonly RefusalRecord[] }>(`/audit-events?${filter}`)
  const [record] = items
  if (record?.seq !== seq) throw new CliError('not_found', `the audit log has no record ${seq}`)
  if (record.outcome !== 'refused')
    throw new CliError('no_refusal', `record ${seq} is ${record.action}, and no refusal`)
  if (json) return printJson({ ...record, explanation: meaningOf(record) })
  printLines(describeRefusal(record))
}

const describeRefusal = (record: RefusalRecord): readonly string[] => {
  const { seq, actor, address, credential_id: credential, details } = record
  const { reason = 'no reason was recorded', error = 'invalid_client', method, count = 1, first_at, last_at } = details
  const times =
    count === 1 ? formatTime(last_at) : `${count} times from ${formatTime(first_at)} to ${formatTime(last_at)}`
  return [
    `${seq}  ${actor}${address === undefined ? '' : ` from ${address}`}, ${times}`,
    `      ${error}${method === undefined ? '' : ` by ${method}`}${credential === undefined ? '' : ` with ${credential}`}: ${reason}`,
    `      → ${meaningOf(record)}`,
  ]
}

/** What to look at, by the code that the caller got. */
const meaningOf = ({ action, subject, actor, details: { error, reason = '' } }: RefusalRecord): string => {
  const client = decodeURIComponent(subject.split('/')[1] ?? actor)
  if (action === 'client.authenticate' || error === 'invalid_client') {
    return reason.includes('replay')
      ? 'an assertion was sent a second time: the client must make a new one for every request; if it does, somebody else has seen it'
      : `credence credential list ${client} shows what it can authenticate with; the caller learnt only that authentication failed`
  }
  switch (error) {
    case 'invalid_scope':
      return `credence grant list ${client} shows what it may ask for; credence grant set changes that`
    case 'invalid_target':
      return `credence grant list ${client} shows the APIs that it may ask for: a request has to name one of them`
    case 'invalid_dpop_proof':
      return reason.includes('replay')
        ? 'a DPoP proof was sent a second time: the client must make a new one for every request'
        : 'the client has to send a DPoP proof made for this very request: RFC 9449 §4.3'
    case 'temporarily_unavailable':
      return `it asked too often: credence client show ${client} shows its quota; it should keep a token until it expires`
    default:
      return `credence explain ${client} with --audience and --scope shows each rule`
  }
}
