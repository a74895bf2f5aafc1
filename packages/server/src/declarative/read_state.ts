/** Reads from the store what a declaration is compared with. */
import type { Api, ClientRecord, Stores } from '@credence/storage'
import { materialOfCredential } from '../admin/credential_material.ts'
import type { CurrentClient, CurrentState, Declaration } from './declaration.ts'

/** As much as planning needs: what the declaration names and what is marked as declared. */
export const readCurrentState = async (stores: Stores, declaration: Declaration): Promise<CurrentState> => {
  const marks = await stores.declarations.list()
  const named = [...declaration.apis, ...declaration.grants].map(({ value }) => value.audience)
  const audiences = [...named, ...declaration.clients.flatMap(({ value }) => value.serves)]
  const clientIds = declaration.clients.map(({ value }) => value.clientId)
  const apis = new Map<string, Api>()
  for (const audience of new Set([...audiences, ...marks.apis])) {
    const api = await stores.apis.find(audience)
    if (api !== undefined) apis.set(audience, api)
  }
  const clients = new Map<string, CurrentClient>()
  for (const clientId of new Set([...clientIds, ...marks.clients])) {
    const record = await stores.clients.findRecord(clientId)
    if (record !== undefined) clients.set(clientId, toCurrentClient(record))
  }
  return { apis, clients, declared: { apis: new Set(marks.apis), clients: new Set(marks.clients) } }
}

export const toCurrentClient = ({ client, grants, credentials }: ClientRecord): CurrentClient => ({
  client,
  grants,
  credentials: credentials.flatMap((credential) => {
    const material = materialOfCredential(credential)
    return material === undefined
      ? []
      : [{ clientId: client.clientId, material, credentialId: credential.credentialId }]
  }),
  hasSecret: credentials.some(({ kind }) => kind === 'secret'),
})
