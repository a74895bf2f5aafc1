/** The server on this machine: its data folder, its socket, and what it knows of the client. */
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CliError } from '../cli_error.ts'
import { dataFlag } from '../management/local_transport.ts'
import { type ManagementClient, openManagement, pathOf } from '../management/management_client.ts'
import { type CredentialOutlook, createCredentialApi } from '../rotation/credential_api.ts'
import { formatRelative } from '../terminal/times.ts'
import { type Found, fail, good, Skipped } from './finding.ts'

export interface LocalServer {
  readonly issuer: string
  readonly management: ManagementClient
}

export const checkDataFolder = async (folder: string): Promise<Found<true>> => {
  const entry = await stat(folder).catch(() => undefined)
  if (entry?.isDirectory() !== true) {
    return fail({
      code: 'no_data_folder',
      found: `there is no folder ${resolve(folder)}`,
      advice: `start a server: credence serve${dataFlag(folder)}; or say which provider is meant by --issuer or --provider`,
    })
  }
  const key = await stat(join(folder, 'master.key')).catch(() => undefined)
  if (key !== undefined && (key.mode & 0o077) !== 0) {
    return fail(
      {
        code: 'master_key_readable',
        found: `others than its owner may read ${join(resolve(folder), 'master.key')}`,
        advice: 'chmod 600 it, and think about who may have: credence keys rewrap changes the key',
      },
      true,
    )
  }
  return good(
    `${resolve(folder)}${key === undefined ? ', the master key is elsewhere' : ', master.key for its owner only'}`,
    true,
  )
}

export const checkServer = async (folder: string): Promise<Found<LocalServer>> => {
  try {
    const management = await openManagement(folder)
    const { issuer, version } = await management.get<{ readonly issuer: string; readonly version: string }>('/server')
    return good(`Credence ${version}, issuer ${issuer}`, { issuer, management })
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    return fail({ code: error.code, found: error.message, advice: `credence serve${dataFlag(folder)}` })
  }
}

/** What the server knows of a client and its credentials. */
export interface LocalClient {
  readonly credentials: readonly CredentialOutlook[]
}

export const checkClient = async (
  { management }: LocalServer,
  clientId: string | undefined,
): Promise<Found<LocalClient>> => {
  if (clientId === undefined) throw new Skipped('no_client', 'no client: give --client-id or set CREDENCE_CLIENT_ID')
  try {
    const client = await management.get<{ readonly disabled: boolean }>(pathOf`/clients/${clientId}`)
    const credentials = await createCredentialApi(management).list(clientId)
    if (client.disabled) {
      return fail({
        code: 'client_disabled',
        found: `${clientId} is disabled, and gets no tokens`,
        advice: `credence client enable ${clientId}`,
      })
    }
    const live = credentials.filter(({ status }) => status === 'live')
    const warning = live.find((credential) => credential.warning !== undefined)?.warning
    if (live.length === 0) {
      return fail({
        code: 'no_live_credential',
        found: `${clientId} has no credential that works`,
        advice: `credence credential add ${clientId}`,
      })
    }
    return good(
      `${clientId} is enabled, with ${count(live.length, 'live credential')}${warning === undefined ? '' : `: ${warning}`}`,
      {
        credentials,
      },
    )
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    return fail({
      code: error.code === 'not_found' ? 'unknown_client' : error.code,
      found: error.code === 'not_found' ? `the server has no client ${clientId}` : error.message,
      advice: 'credence client list shows those there are',
    })
  }
}

export const count = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? '' : 's'}`

/** "made 3 days ago, expires in 27 days" */
export const describeAge = (createdAt: number | undefined, expiresAt: number | undefined, now: number): string =>
  [
    ...(createdAt === undefined ? [] : [`made ${formatRelative(createdAt, now)}`]),
    ...(expiresAt === undefined
      ? []
      : [expiresAt === Number.POSITIVE_INFINITY ? 'does not expire' : `expires ${formatRelative(expiresAt, now)}`]),
  ].join(', ')
