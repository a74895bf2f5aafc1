/** `credence api`: the protected resources that tokens are for. */
import { type Command, Option } from 'commander'
import { usageError } from '../cli_error.ts'
import { openManagement, pathOf } from '../management/management_client.ts'
import { printJson, printLines } from '../terminal/print.ts'
import { printTable } from '../terminal/print_table.ts'
import { formatDuration, formatTime } from '../terminal/times.ts'
import {
  addExamples,
  addManagementOptions,
  type ManagementOptions,
  parseDuration,
  parseList,
  repeatable,
  signingAlgorithms,
} from './command_options.ts'

interface ApiDocument {
  readonly id: string
  readonly audience: string
  readonly scopes: readonly string[]
  readonly token_ttl_seconds: number
  readonly signing_alg: string
  readonly token_format: string
  readonly sender_constraint: string
  readonly created_at: number
  readonly updated_at: number
}

interface ApiOptions extends ManagementOptions {
  readonly scope?: readonly (readonly string[])[]
  readonly tokenTtl?: number
  readonly alg?: string
  readonly tokenFormat?: string
  readonly senderConstraint?: string
}

export const defineApi = (command: Command): void => {
  const create = addApiOptions(command.command('create').description('Create an API.'))
    .argument('<AUDIENCE>', 'whom its tokens are for: a URI, as https://orders.example.com')
    .action(createApi)
  addExamples(create, [
    'credence api create https://orders.example.com --scope orders:read --scope orders:write --token-ttl 10m',
  ])

  const list = addManagementOptions(command.command('list').description('List the APIs.')).action(listApis)
  addExamples(list, ['credence api list'])

  const show = addManagementOptions(command.command('show').description('Show an API.'))
    .argument('<AUDIENCE>')
    .action(showApi)
  addExamples(show, ['credence api show https://orders.example.com'])

  const update = addApiOptions(command.command('update').description('Change an API; what is not given stays.'))
    .argument('<AUDIENCE>')
    .action(updateApi)
  addExamples(update, [
    'credence api update https://orders.example.com --token-ttl 5m',
    'credence api update https://orders.example.com --sender-constraint required',
  ])

  const remove = addManagementOptions(command.command('delete').description('Delete an API that no client is granted.'))
    .argument('<AUDIENCE>')
    .action(deleteApi)
  addExamples(remove, ['credence api delete https://orders.example.com'])
}

const addApiOptions = (command: Command): Command =>
  addManagementOptions(command)
    .addOption(repeatable('--scope <SCOPE>', 'what its tokens can allow; several times or with commas', parseList))
    .option('--token-ttl <DURATION>', 'how long its tokens live, 60s to 60m; 10m unless given', parseDuration)
    .addOption(
      new Option('--alg <ALG>', 'what its tokens are signed with; ES256 unless given').choices(signingAlgorithms),
    )
    .addOption(
      new Option(
        '--token-format <FORMAT>',
        'jwt, which the API checks by itself, or opaque, which it asks the server about; jwt unless given',
      ).choices(['jwt', 'opaque']),
    )
    .addOption(
      new Option(
        '--sender-constraint <CONSTRAINT>',
        'required: its tokens must be bound to a key, by DPoP or a certificate; optional unless given',
      ).choices(['optional', 'required']),
    )

const bodyOf = ({ scope, tokenTtl, alg, tokenFormat, senderConstraint }: ApiOptions) => ({
  ...(scope !== undefined && { scopes: scope.flat() }),
  ...(tokenTtl !== undefined && { token_ttl_seconds: tokenTtl }),
  ...(alg !== undefined && { signing_alg: alg }),
  ...(tokenFormat !== undefined && { token_format: tokenFormat }),
  ...(senderConstraint !== undefined && { sender_constraint: senderConstraint }),
})

const createApi = async (audience: string, options: ApiOptions): Promise<void> => {
  if (options.scope === undefined) throw usageError('an API needs at least one --scope')
  const management = await openManagement(options.data)
  const api = await management.post<ApiDocument>('/apis', { audience, ...bodyOf(options) })
  if (options.json) return printJson(api)
  printLines([`created API ${api.audience}`, ...describeApi(api)])
}

const listApis = async ({ data, json }: ManagementOptions): Promise<void> => {
  const items = await (await openManagement(data)).list<ApiDocument>('/apis')
  if (json) return printJson({ items })
  printTable(
    ['AUDIENCE', 'SCOPES', 'TOKENS LIVE', 'ALG', 'CREATED'],
    items.map((api) => [
      api.audience,
      summarize(api.scopes),
      formatDuration(api.token_ttl_seconds),
      api.signing_alg,
      formatTime(api.created_at),
    ]),
    'there is no API yet; credence api create makes one',
  )
}

const maxScopesShown = 4

const summarize = (scopes: readonly string[]): string =>
  scopes.length <= maxScopesShown
    ? scopes.join(' ')
    : `${scopes.slice(0, maxScopesShown - 1).join(' ')} and ${scopes.length - maxScopesShown + 1} more`

const showApi = async (audience: string, { data, json }: ManagementOptions): Promise<void> => {
  const api = await (await openManagement(data)).get<ApiDocument>(pathOf`/apis/${audience}`)
  if (json) return printJson(api)
  printLines([`API ${api.audience}`, ...describeApi(api)])
}

const updateApi = async (audience: string, options: ApiOptions): Promise<void> => {
  const body = bodyOf(options)
  if (Object.keys(body).length === 0)
    throw usageError('nothing to change: give --scope, --token-ttl, --alg, --token-format or --sender-constraint')
  const api = await (await openManagement(options.data)).patch<ApiDocument>(pathOf`/apis/${audience}`, body)
  if (options.json) return printJson(api)
  printLines([`changed API ${api.audience}`, ...describeApi(api)])
}

const deleteApi = async (audience: string, { data, json }: ManagementOptions): Promise<void> => {
  await (await openManagement(data)).delete(pathOf`/apis/${audience}`)
  if (json) return printJson({ audience, deleted: true })
  printLines([`deleted API ${audience}`])
}

const describeApi = (api: ApiDocument): readonly string[] => [
  `  scopes       ${api.scopes.join(' ')}`,
  `  tokens live  ${formatDuration(api.token_ttl_seconds)}`,
  `  tokens are   ${api.token_format === 'opaque' ? 'opaque: the API asks the server about each' : `signed with ${api.signing_alg}`}`,
  ...(api.sender_constraint === 'required' ? ['  bound        always: by DPoP or to a certificate'] : []),
  `  created      ${formatTime(api.created_at)}`,
]
