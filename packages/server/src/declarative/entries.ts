/** What is in the store as the entries of a declarative file that would bring it about. Wire names, sorted, without secrets. */
import type { Storage } from '@credence/storage'
import { adminAudience } from '../admin/admin_scopes.ts'
import { toMaterialMembers } from '../admin/credential_material.ts'
import type { CredentialMembers } from '../admin/credential_members.ts'
import type { CurrentClient, DeclaredApi, DeclaredClient, DeclaredCredential, DeclaredGrant } from './declaration.ts'
import { formatDuration } from './duration.ts'
import { apiDefaults, apiMembers, clientMembers, describeMembers, grantMembers } from './members.ts'
import { toCurrentClient } from './read_state.ts'

const defaults = {
  token_ttl: formatDuration(apiDefaults.tokenTtlSeconds),
  signing_alg: apiDefaults.signingAlgorithm,
  token_format: apiDefaults.tokenFormat,
  sender_constraint: apiDefaults.senderConstraint,
} as const

export const toApiEntry = (api: DeclaredApi) => ({
  audience: api.audience,
  ...describeMembers(apiMembers, api, defaults),
})

/** With what holds anyway, for a record that has to be plain later on. */
export const toFullApiEntry = (api: DeclaredApi) => ({ audience: api.audience, ...describeMembers(apiMembers, api) })

export const toClientEntry = (client: DeclaredClient) => ({
  client_id: client.clientId,
  ...describeMembers(clientMembers, client),
})

export const toGrantEntry = (grant: DeclaredGrant) => ({
  audience: grant.audience,
  ...describeMembers(grantMembers, grant),
})

export const toCredentialEntry = ({ credentialId, material }: DeclaredCredential) => ({
  ...(credentialId !== undefined && { credential_id: credentialId }),
  ...toMaterialMembers(material),
})

/** What the entry of a client has to say for it to have all of these. */
const toCredentialsEntry = (credentials: readonly DeclaredCredential[]): CredentialMembers => {
  const members = credentials
    .map(({ material }) => toMaterialMembers(material))
    .toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
  const merged = new Map<string, unknown>()
  for (const { jwks, federated_credentials: federated = [], jwks_uri: jwksUri, ...names } of members) {
    const keys = merged.get('jwks') as CredentialMembers['jwks']
    if (jwks !== undefined) merged.set('jwks', { keys: [...(keys?.keys ?? []), ...jwks.keys] })
    if (jwksUri !== undefined) merged.set('jwks_uri', jwksUri)
    const before = merged.get('federated_credentials') as CredentialMembers['federated_credentials']
    if (federated.length > 0) merged.set('federated_credentials', [...(before ?? []), ...federated])
    for (const [name, value] of Object.entries(names)) {
      const known = merged.get(name)
      merged.set(name, known === undefined ? value : [known, value].flat())
    }
  }
  return Object.fromEntries(merged)
}

export const toEntryWithGrants = ({ client, grants, credentials }: CurrentClient) => ({
  ...toClientEntry(client),
  ...toCredentialsEntry(credentials),
  ...(grants.length > 0 && { grants: grants.map(toGrantEntry) }),
})

const pageSize = 500

/** Everything but the built-in API. Does not read it all at one moment: what changes meanwhile is there or is not. */
export const exportEntries = async (storage: Storage) => {
  const apis: object[] = []
  for await (const api of eachOf(
    (page) => storage.apis.list(page),
    (api) => api.audience,
  )) {
    if (api.audience !== adminAudience) apis.push(toApiEntry(api))
  }
  const clients: object[] = []
  for await (const { clientId } of eachOf(
    (page) => storage.clients.list(page),
    (client) => client.clientId,
  )) {
    const record = await storage.clients.findRecord(clientId)
    if (record !== undefined) clients.push(toEntryWithGrants(toCurrentClient(record)))
  }
  return { apis, clients }
}

type List<T> = (page: { readonly after?: string; readonly limit: number }) => Promise<readonly T[]>

async function* eachOf<T>(list: List<T>, keyOf: (item: T) => string): AsyncGenerator<T> {
  let page = await list({ limit: pageSize })
  for (;;) {
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) return
    page = await list({ after: keyOf(last), limit: pageSize })
  }
}
