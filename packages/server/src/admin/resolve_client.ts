/** The client that a route is about. */
import type { ClientRecord, Stores } from '@credence/storage'
import { Problem } from './problem.ts'

/** @throws {Problem} `not_found` */
export const resolveClient = async (stores: Stores, clientId: string): Promise<ClientRecord> => {
  const record = await stores.clients.findRecord(clientId)
  if (record === undefined) throw new Problem('not_found', `no client ${clientId}`)
  return record
}
