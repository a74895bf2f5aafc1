/** Makes one planned change in the store. */
import { type Clock, createId, type Randomness } from '@credence/protocol'
import { StoreError, type Stores } from '@credence/storage'
import type { Administered } from '../admin/administer.ts'
import { createMaterialCredential } from '../admin/new_credentials.ts'
import { cutOffClient } from '../revocation/cut_off_client.ts'
import type { ApiChange, ClientChange, CredentialChange, GrantChange, PlannedChange } from './plan_changes.ts'

export interface WriteDeps {
  readonly stores: Stores
  readonly issuer: string
  /** Epoch seconds. */
  readonly now: number
  readonly clock: Clock
  readonly randomness: Randomness
}

/**
 * Returns what else explains the change: for an API that is deleted, who served it.
 *
 * @throws {StoreError} `in_use` when an API would be deleted that a client outside of the declaration is granted
 */
export const writeChange = async (change: PlannedChange, deps: WriteDeps): Promise<Administered<never>['details']> => {
  switch (change.kind) {
    case 'api':
      return writeApi(change, deps)
    case 'client':
      await writeClient(change, deps)
      return undefined
    case 'grant':
      await writeGrant(change, deps)
      return undefined
    case 'credential':
      await writeCredential(change, deps)
      return undefined
  }
}

const writeApi = async ({ before, after }: ApiChange, { stores: { apis }, now, randomness }: WriteDeps) => {
  if (after === undefined) return { served_by: await apis.delete(before?.audience ?? '', now) }
  if (before !== undefined)
    await apis.update({ ...(await stored(apis.find(after.audience))), ...after, updatedAt: now })
  else {
    const id = createId('api', now * 1000, randomness)
    await apis.create({ ...after, id, createdAt: now, updatedAt: now, revision: 1 })
  }
  return undefined
}

const writeClient = async ({ before, after }: ClientChange, { stores, issuer, now }: WriteDeps) => {
  const { clients } = stores
  const isOut = after === undefined || (after.disabled === true && before?.disabled !== true)
  if (before !== undefined && isOut) await cutOffClient(stores, { issuer, clientId: before.clientId, now })
  if (after === undefined) return clients.delete(before?.clientId ?? '')
  const declared = { ...after, disabled: after.disabled === true }
  if (before !== undefined)
    return clients.update({ ...(await stored(clients.find(after.clientId))), ...declared, updatedAt: now })
  return clients.create({ ...declared, createdAt: now, updatedAt: now, revision: 1 })
}

const writeGrant = async ({ before, after }: GrantChange, { stores: { grants }, now }: WriteDeps) => {
  if (after === undefined) return grants.delete(before?.clientId ?? '', before?.audience ?? '')
  const { createdAt = now } = (before && (await grants.find(before.clientId, before.audience))) ?? {}
  return grants.set({ ...after, createdAt, updatedAt: now })
}

const writeCredential = async (
  { before, after }: CredentialChange,
  { stores: { credentials }, now, clock, randomness }: WriteDeps,
) => {
  if (after === undefined) return credentials.revoke(before?.credentialId ?? '', now)
  return credentials.create(createMaterialCredential(after.clientId, after.material, { clock, randomness }))
}

/** It was there when the plan was made, in this very transaction. */
const stored = async <T>(found: Promise<T | undefined>): Promise<T> => {
  const value = await found
  if (value === undefined) throw new StoreError('revision_conflict', 'it was deleted meanwhile')
  return value
}
