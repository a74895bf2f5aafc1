/** What the commands of `credence credential` do. */
import { openManagement } from '../management/management_client.ts'
import { createCredentialApi, type WholeCredentialApi } from '../rotation/credential_api.ts'
import {
  describeAccepted,
  describeKeyFile,
  describeNewSecret,
  describeOutlook,
  printCredentials,
} from '../rotation/describe_credentials.ts'
import { printJson, printLines } from '../terminal/print.ts'
import type { ManagementOptions } from './command_options.ts'
import { type FederationOptions, type KeyOptions, readMembers } from './credential_members.ts'

export interface AddOptions extends SecretOptions, KeyOptions, FederationOptions {}

export interface SecretOptions extends ManagementOptions {
  readonly label?: string
  /** Seconds from now. */
  readonly expires?: number
}

export const openCredentials = async (data: string | undefined): Promise<WholeCredentialApi> =>
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

export const addCredential = async (client: string, options: AddOptions): Promise<void> => {
  const credentials = await openCredentials(options.data)
  const { members, undo } = await readMembers(options)
  if (Object.keys(members).length === 0) {
    const added = await credentials.add(client, options)
    if (options.json) return printJson(added)
    return printLines(describeNewSecret(added))
  }
  const added = await credentials.addOthers(client, options, members).catch(async (error: unknown) => {
    await undo()
    throw error
  })
  const { generateKey: keyFile } = options
  if (options.json) return printJson({ ...added, ...(keyFile !== undefined && { key_file: keyFile }) })
  printLines([
    ...added.credentials.flatMap((credential) => [
      `# ${credential.credential_id} of ${client}, a ${credential.kind} credential; what it had goes on working.`,
      ...describeAccepted(credential).map((line) => `# ${line}`),
    ]),
    `CREDENCE_CLIENT_ID=${client}`,
    ...(keyFile === undefined ? [] : describeKeyFile(keyFile)),
  ])
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
