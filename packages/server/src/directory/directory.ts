/** What the token path knows of clients and APIs: a bounded read-through copy of the store, kept true by the change log. */
import type { Api, Change, ClientRecord, Stores } from '@credence/storage'
import { createReadThrough } from './read_through.ts'

type Known<V> = V | undefined | Promise<V | undefined>

export interface Directory {
  /** The client that owns a credential, with all that a token request needs of it. */
  clientByCredential(credentialId: string): Known<ClientRecord>
  api(audience: string): Known<Api>
  /** Forgets what a change made stale. */
  apply(change: Change): void
  /** Forgets everything. */
  clear(): void
  /** How many clients are held. */
  readonly size: number
}

/** @param capacity how many clients are held at most */
export const createDirectory = (stores: Stores, capacity: number): Directory => {
  const clients = createReadThrough((clientId) => stores.clients.findRecord(clientId), capacity)
  const apis = createReadThrough((audience) => stores.apis.find(audience), capacity)
  // whose credential it is never changes, so owners need not be forgotten; a revoked one is missing from the record
  const owners = createReadThrough((credentialId) => stores.credentials.findOwner(credentialId), capacity)

  const readByCredential = async (owner: Promise<string | undefined>) => {
    const clientId = await owner
    return clientId === undefined ? undefined : clients.get(clientId)
  }

  return {
    clientByCredential(credentialId) {
      const owner = owners.get(credentialId)
      return typeof owner === 'string' ? clients.get(owner) : owner && readByCredential(owner)
    },
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
    get size() {
      return clients.size
    },
  }
}
