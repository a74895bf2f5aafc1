/** What the commands of `credence credential` do. */
import { dataFlag } from '../management/local_transport.ts'
import { type ManagementClient, openManagement, pathOf } from '../management/management_client.ts'
import { printJson, printLines } from '../terminal/print.ts'
import { printTable } from '../terminal/print_table.ts'
import { formatTime } from '../terminal/times.ts'
import type { ManagementOptions } from './command_options.ts'

export interface SecretOptions extends ManagementOptions {
  readonly label?: string
  /** Seconds from now. */
  readonly expires?: number
}

interface CredentialDocument {
  readonly credential_id: string
  readonly client_id: string
  readonly kind: string
  readonly label?: string
  readonly status: 'live' | 'expired' | 'revoked'
  readonly created_at: number
  readonly expires_at?: number
  readonly last_used_at?: number
  readonly last_used_from?: string
}

interface NewCredentialDocument extends CredentialDocument {
  readonly client_secret: string
  readonly client_secret_expires_at: number
}

export const listCredentials = async (client: string, { data, json }: ManagementOptions): Promise<void> => {
  const items = await listOf(await openManagement(data), client)
  if (json) return printJson({ items })
  printCredentials(items, `${client} has no credential; credence credential add makes one`)
}

const listOf = (management: ManagementClient, client: string): Promise<readonly CredentialDocument[]> =>
  management.list<CredentialDocument>(pathOf`/clients/${client}/credentials`)

const printCredentials = (items: readonly CredentialDocument[], nothing: string): void =>
  printTable(
    ['CREDENTIAL', 'LABEL', 'STATUS', 'CREATED', 'EXPIRES', 'LAST USED', 'FROM'],
    items.map((credential) => [
      credential.credential_id,
      credential.label ?? '-',
      credential.status,
      formatTime(credential.created_at),
      formatTime(credential.expires_at),
      credential.last_used_at === undefined ? 'never' : formatTime(credential.last_used_at),
      credential.last_used_from ?? '-',
    ]),
    nothing,
  )

export const addCredential = async (client: string, options: SecretOptions): Promise<void> => {
  const added = await addSecret(await openManagement(options.data), client, options)
  if (options.json) return printJson(added)
  printLines(describeNewSecret(added))
}

const addSecret = (management: ManagementClient, client: string, { label, expires }: SecretOptions) =>
  management.post<NewCredentialDocument>(pathOf`/clients/${client}/credentials`, {
    ...(label !== undefined && { label }),
    ...(expires !== undefined && { expires_in: expires }),
  })

const describeNewSecret = (added: NewCredentialDocument): readonly string[] => [
  `# ${added.credential_id} of ${added.client_id}. The secret is shown this once; the older ones go on working.`,
  ...(added.client_secret_expires_at === 0 ? [] : [`# It expires ${formatTime(added.client_secret_expires_at)}.`]),
  `CREDENCE_CLIENT_ID=${added.client_id}`,
  `CREDENCE_CLIENT_SECRET=${added.client_secret}`,
]

export const revokeCredential = async (
  client: string,
  credential: string,
  { data, json }: ManagementOptions,
): Promise<void> => {
  const path = pathOf`/clients/${client}/credentials/${credential}`
  const revoked = await (await openManagement(data)).delete<CredentialDocument>(path)
  if (json) return printJson(revoked)
  printLines([`revoked ${revoked.credential_id} of ${revoked.client_id}: it gets no more tokens`])
}

export const rotateCredential = async (client: string, options: SecretOptions): Promise<void> => {
  const management = await openManagement(options.data)
  const added = await addSecret(management, client, options)
  const older = (await listOf(management, client)).filter(
    ({ credential_id: id, status }) => status === 'live' && id !== added.credential_id,
  )
  if (options.json) return printJson({ ...added, older })
  printLines(describeNewSecret(added))
  if (older.length === 0) return
  const data = options.data === undefined ? '' : dataFlag(options.data)
  printLines(['', '# 1. Give every deployment the new secret.', '# 2. Watch until the older ones are used no more:'])
  printLines([`#      credence credential list ${client}${data}`])
  printLines(['# 3. Then retire them:'])
  printLines(
    older.map(
      ({ credential_id: id, last_used_at: usedAt }) =>
        `#      credence credential revoke ${client} ${id}${data}   # last used ${usedAt === undefined ? 'never' : formatTime(usedAt)}`,
    ),
  )
}
