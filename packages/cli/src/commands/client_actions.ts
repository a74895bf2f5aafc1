/** What the commands of `credence client` do. */
import { CliError } from '../cli_error.ts'
import { type ManagementClient, openManagement, pathOf } from '../management/management_client.ts'
import { createCredentialApi } from '../rotation/credential_api.ts'
import { printJson, printLines } from '../terminal/print.ts'
import { printTable } from '../terminal/print_table.ts'
import { formatTime } from '../terminal/times.ts'
import type { GrantArgument, ManagementOptions } from './command_options.ts'
import { type FederationOptions, type KeyOptions, readMembers } from './credential_members.ts'
import { type ClientDocument, describeClient, describeNewClient, type NewClientDocument } from './describe_client.ts'
import { describeGrants, type GrantDocument } from './grant.ts'

export interface ClientOptions extends ManagementOptions {
  readonly name?: string
  readonly auth?: string
  readonly defaultScope?: readonly (readonly string[])[]
  readonly tokenTtl?: number
  readonly serves?: readonly string[]
  /** Tokens a minute. */
  readonly quota?: number | 'off'
  readonly quotaMode?: string
  /** The overlap in seconds; true: as the server has it; false: off. */
  readonly managedRotation?: number | boolean
  readonly dpopBound?: boolean
  readonly certificateBound?: boolean
}

export interface CreateClientOptions extends ClientOptions, KeyOptions, FederationOptions {
  readonly grant?: readonly GrantArgument[]
  readonly label?: string
  /** Seconds from now. */
  readonly expires?: number
}

export const bodyOf = ({ name, auth, defaultScope, tokenTtl, serves, ...more }: ClientOptions) => ({
  ...(serves !== undefined && { serves }),
  ...(name !== undefined && { client_name: name }),
  ...(auth !== undefined && { token_endpoint_auth_method: auth === 'any' ? null : auth }),
  ...(defaultScope !== undefined && { default_scope: defaultScope.flat() }),
  ...(tokenTtl !== undefined && { token_ttl_seconds: tokenTtl }),
  ...((more.quota !== undefined || more.quotaMode !== undefined) && { quota: quotaOf(more.quota, more.quotaMode) }),
  ...(more.dpopBound !== undefined && { dpop_bound_access_tokens: more.dpopBound }),
  ...(more.certificateBound !== undefined && {
    tls_client_certificate_bound_access_tokens: more.certificateBound,
  }),
  ...(more.managedRotation !== undefined && { managed_rotation: managedRotationOf(more.managedRotation) }),
})

/** Either alone leaves the other as it is. */
const quotaOf = (quota: ClientOptions['quota'], mode: string | undefined) =>
  quota === 'off'
    ? null
    : { ...(quota !== undefined && { tokens_per_minute: quota }), ...(mode !== undefined && { mode }) }

/** false takes it away, true leaves the overlap to the server. */
const managedRotationOf = (given: number | boolean) => {
  if (given === false) return null
  return given === true ? {} : { overlap_seconds: given }
}

export const createClient = async (id: string, options: CreateClientOptions): Promise<void> => {
  const { grant = [], label, expires } = options
  const management = await openManagement(options.data)
  const { members, undo } = await readMembers(options)
  const auth = options.auth ?? impliedMethod(options)
  const client = await management
    .post<NewClientDocument>('/clients', {
      client_id: id,
      ...bodyOf({ ...options, ...(auth !== undefined && { auth }) }),
      grants: mergeGrants(grant),
      ...members,
      credential: { ...(label !== undefined && { label }), ...(expires !== undefined && { expires_in: expires }) },
    })
    .catch(async (error: unknown) => {
      await undo()
      throw error
    })
  const { generateKey: keyFile } = options
  if (options.json) return printJson({ ...client, ...(keyFile !== undefined && { key_file: keyFile }) })
  printLines(describeNewClient(client, keyFile))
}

/** A client that is made with a key, or for a platform’s tokens, is registered for that, so that nothing weaker is ever accepted in its place. */
const impliedMethod = (options: KeyOptions & FederationOptions): string | undefined => {
  const { jwks, jwksUri, generateKey, certificate, subjectDn, sanDns, sanUri, sanIp, sanEmail } = options
  const methods = [
    ...([jwks, jwksUri, generateKey].some((given) => given !== undefined) ? ['private_key_jwt'] : []),
    ...(certificate === undefined ? [] : ['self_signed_tls_client_auth']),
    ...(options.federated === undefined ? [] : ['federated']),
    ...([subjectDn, sanDns, sanUri, sanIp, sanEmail].some((given) => given !== undefined) ? ['tls_client_auth'] : []),
  ]
  return methods.length === 1 ? methods[0] : undefined
}

/** Two --grant for one API mean both. */
const mergeGrants = (grants: readonly GrantArgument[]): readonly GrantArgument[] =>
  [...Map.groupBy(grants, ({ audience }) => audience)].map(([audience, found]) => ({
    audience,
    scopes: [...new Set(found.flatMap(({ scopes }) => scopes))],
  }))

export const listClients = async ({ data, json }: ManagementOptions): Promise<void> => {
  const items = await (await openManagement(data)).list<ClientDocument>('/clients')
  if (json) return printJson({ items })
  printTable(
    ['CLIENT', 'NAME', 'STATUS', 'CREATED'],
    items.map((client) => [
      client.client_id,
      client.client_name ?? '-',
      client.disabled ? 'disabled' : 'enabled',
      formatTime(client.client_id_issued_at),
    ]),
    'there is no client yet; credence client create makes one',
  )
}

export const showClient = async (id: string, { data, json }: ManagementOptions): Promise<void> => {
  const management = await openManagement(data)
  const client = await management.get<ClientDocument>(pathOf`/clients/${id}`)
  const grants = await listGrants(management, id)
  const warnings = await listWarnings(management, id)
  if (json) return printJson({ ...client, grants, warnings })
  printLines([
    ...describeClient(client),
    `  may ask for  ${describeGrants(grants)}`,
    ...warnings.map(({ credential_id: credential, warning }) => `  warning      ${credential} ${warning}`),
  ])
}

/** Of credentials that expire soon. Who may not see credentials sees no warnings. */
const listWarnings = async (management: ManagementClient, id: string) => {
  try {
    const credentials = await createCredentialApi(management).list(id)
    return credentials.flatMap(({ credential_id, warning }) =>
      warning === undefined ? [] : [{ credential_id, warning }],
    )
  } catch (error) {
    if (error instanceof CliError && error.code === 'insufficient_scope') return []
    throw error
  }
}

const listGrants = async (management: ManagementClient, id: string): Promise<readonly GrantDocument[]> =>
  (await management.get<{ items: readonly GrantDocument[] }>(pathOf`/clients/${id}/grants`)).items

export const updateClient = async (
  { id, body, done }: { readonly id: string; readonly body: object; readonly done: string },
  { data, json }: ManagementOptions,
): Promise<void> => {
  const client = await (await openManagement(data)).patch<ClientDocument>(pathOf`/clients/${id}`, body)
  if (json) return printJson(client)
  printLines([`${done} ${id}`, ...describeClient(client)])
}

export const deleteClient = async (id: string, { data, json }: ManagementOptions): Promise<void> => {
  await (await openManagement(data)).delete(pathOf`/clients/${id}`)
  if (json) return printJson({ client_id: id, deleted: true })
  printLines([`deleted client ${id}`])
}
