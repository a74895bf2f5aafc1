/** What the commands of `credence credential` do. */
import { openManagement } from '../management/management_client.ts'
import { type CredentialApi, createCredentialApi } from '../rotation/credential_api.ts'
import { describeNewSecret, describeOutlook, printCredentials } from '../rotation/describe_credentials.ts'
import { printJson, printLines } from '../terminal/print.ts'
import type { ManagementOptions } from './command_options.ts'

export interface SecretOptions extends ManagementOptions {
  readonly label?: string
  /** Seconds from now. */
  readonly expires?: number
}

export const openCredentials = async (data: string | undefined): Promise<CredentialApi> =>
  createCredentialApi(await openManagement(data))

export const listCredentials = async (client: string, { data, json }: ManagementOptions): Promise<void> => {
  const items = await (await openCredentials(data)).list(client)
  if (json) return printJson({ items })
  printCredentials(items, `${client} has no credential; credence credential add makes one`)
}

export const showCredential = async (
  client: string,
  credential: string,
  { data, json }: ManagementOptions,
): Promise<void> => {
  const shown = await (await openCredentials(data)).get(client, credential)
  if (json) return printJson(shown)
  printCredentials([shown], '')
  if (shown.status !== 'live') printLines(['', ...describeOutlook(shown)])
}

export const addCredential = async (client: string, options: SecretOptions): Promise<void> => {
  const added = await (await openCredentials(options.data)).add(client, options)
  if (options.json) return printJson(added)
  printLines(describeNewSecret(added))
}

export const revokeCredential = async (
  client: string,
  credential: string,
  { data, json, andTokens }: ManagementOptions & { readonly andTokens?: true },
): Promise<void> => {
  const credentials = await openCredentials(data)
  const revoked = await credentials.revoke(client, credential, andTokens ? { andTokens } : {})
  if (json) return printJson(revoked)
  const tokens = andTokens
    ? 'and those that it got are denied'
    : `and those that it got live until they expire (credence revoke --credential ${revoked.credential_id} denies them)`
  printLines([`revoked ${revoked.credential_id} of ${revoked.client_id}: it gets no more tokens, ${tokens}`])
  const made = (await credentials.list(client)).filter(
    ({ status, replaces }) => status === 'live' && replaces === credential,
  )
  printLines(
    made.map(({ credential_id: id }) => `${id} was made with it, by the client itself: revoke that too if it leaked`),
  )
}
