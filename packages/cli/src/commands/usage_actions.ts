/** What `credence usage` does. */
import { type ManagementClient, openManagement, pathOf } from '../management/management_client.ts'
import { printJson, printLines } from '../terminal/print.ts'
import { printTable } from '../terminal/print_table.ts'
import { formatTime } from '../terminal/times.ts'
import type { ManagementOptions } from './command_options.ts'

export interface UsageOptions extends ManagementOptions {
  /** Seconds. */
  readonly since?: number
}

interface UsageSum {
  readonly client_id: string
  readonly credential_id: string
  readonly audience: string
  readonly tokens: number
  readonly scopes: Readonly<Record<string, number>>
  readonly last_hour: number
}

interface ScopeUse {
  readonly audience: string
  readonly scope: string
  readonly granted_at: number
  readonly last_used_at?: number
}

const daySeconds = 86_400

export const showUsage = async ({ data, json, since }: UsageOptions): Promise<void> => {
  const items = await summaryOf(await openManagement(data), since)
  if (json) return printJson({ items })
  printSums(['CLIENT', 'CREDENTIAL'], items, ({ client_id, credential_id }) => [client_id, credential_id])
}

/** What a client uses, and beside it all that it could use. */
export const showClientUsage = async (client: string, { data, json, since }: UsageOptions): Promise<void> => {
  const management = await openManagement(data)
  const { items: scopes } = await management.get<{ items: readonly ScopeUse[] }>(pathOf`/clients/${client}/scope-uses`)
  const items = await summaryOf(management, since, client)
  if (json) return printJson({ items, scopes })
  printSums(['CREDENTIAL'], items, ({ credential_id }) => [credential_id])
  printLines([''])
  printTable(
    ['GRANTED ON', 'SCOPE', 'LAST USED', 'GRANTED BY'],
    scopes.map(({ audience, scope, last_used_at, granted_at }) => [
      audience,
      scope,
      last_used_at === undefined ? 'never' : formatTime(last_used_at),
      formatTime(granted_at),
    ]),
    `${client} is granted nothing`,
  )
}

const summaryOf = (
  management: ManagementClient,
  since: number = daySeconds,
  client?: string,
): Promise<readonly UsageSum[]> => {
  const from = Math.max(0, Math.floor(Date.now() / 1000) - since)
  const filter = new URLSearchParams({ from: String(from), ...(client !== undefined && { client_id: client }) })
  return management.list<UsageSum>(`/usage/summary?${filter}`)
}

const printSums = (
  heads: readonly string[],
  items: readonly UsageSum[],
  namesOf: (item: UsageSum) => readonly string[],
): void =>
  printTable(
    [...heads, 'API', 'TOKENS', 'SCOPES', 'LAST HOUR'],
    items.map((item) => [
      ...namesOf(item),
      item.audience,
      String(item.tokens),
      Object.entries(item.scopes)
        .map(([scope, tokens]) => `${scope} ${tokens}`)
        .join(', '),
      formatTime(item.last_hour),
    ]),
    'no tokens in that time',
  )
