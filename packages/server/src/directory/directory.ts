/** What the token path knows of clients and APIs: a bounded read-through copy of the store, kept true by the change log. */
import type { Api, Change, ClientRecord, Stores } from '@credence/storage'
import { createReadThrough, type ReadThrough } from './read_through.ts'

type Known<V> = V | undefined | Promise<V | undefined>

export interface Directory {
  /** The client that owns a credential, with all that a token request needs of it. */
  clientByCredential(credentialId: string): Known<ClientRecord>
  client(clientId: string): Known<ClientRecord>
  api(audience: string): Known<Api>
  /** Forgets what a change made stale. */
  apply(change: Change): void
  /** Forgets everything. */
  clear(): void
  /** What is held of each kind and how often it was asked for; `credential` is whose a credential is. */
  readonly parts: Readonly<Record<'client' | 'api' | 'credential', DirectoryPart>>
}

export type DirectoryPart = Pick<ReadThrough<object>, 'size' | 'hits' | 'misses'>

/** @param capacity how many clients are held at most */
export const createDirectory = (stores: Stores, capacity: number): Directory => {
  const clients = createReadThrough((clientId) => stores.clients.findRecord(clientId), capacity)
  const apis = createReadThrough((audience) => stores.apis.find(audience), capacity)
  // whose credential it is never changes, so owners need not be forgotten; a revoked one is missing from the record
  const owners = createReadThrough((credentialId) => stores.credentials.findOwner(credentialId), capacity)

  const readByCredential = async (credentialId: string, owner: Promise<string | undefined>) => {
    const clientId = await owner
    if (clientId === undefined) return undefined
    const record = await clients.get(clientId)
    if (record?.credentials.some((held) => held.credentialId === credentialId)) return record
    // what was read before the credential was made, at another replica, knows nothing of it
    if (clients.get(clientId) === record) clients.forget(clientId)
    return clients.get(clientId)
  }

  return {
    clientByCredential(credentialId) {
      const owner = owners.get(credentialId)
      return typeof owner === 'string' ? clients.get(owner) : owner && readByCredential(credentialId, owner)
    },
    client: (clientId) => clients.get(clientId),
    api: (audience) => apis.get(audience),
    apply(change) {
      if (change.subject === 'client') clients.forget(change.key)
      if (change.subject === 'api') apis.forget(change.key)
    },
    clear() {
      clients.forgetAll()
      apis.forgetAll()
      owners.forgetAll()
    },
    parts: { client: clients, api: apis, credential: owners },
  }
}
