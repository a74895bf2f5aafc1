import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClientRecord, Stores } from '@credence/storage'
import { createDirectory } from './directory.ts'

/** A store that another replica writes to, and how often clients were read from it. */
const createStores = () => {
  const credentialIds = ['first']
  const seen = { reads: 0 }
  const record = (): ClientRecord =>
    ({
      client: { clientId: 'job' },
      credentials: credentialIds.map((credentialId) => ({ credentialId })),
      grants: [],
    }) as unknown as ClientRecord
  const stores = {
    clients: {
      findRecord: async () => {
        seen.reads++
        return record()
      },
    },
    credentials: { findOwner: async (id: string) => (id === 'unknown' ? undefined : 'job') },
  } as unknown as Stores
  return { stores, credentialIds, seen }
}

test('directory: a credential made at another replica is known at its first use, before the change log tells of it', async () => {
  const { stores, credentialIds, seen } = createStores()
  const directory = createDirectory(stores, 100)
  await directory.clientByCredential('first')
  credentialIds.push('second')
  const found = await Promise.all(Array.from({ length: 50 }, () => directory.clientByCredential('second')))
  for (const record of found)
    assert.deepEqual(
      record?.credentials.map(({ credentialId }) => credentialId),
      ['first', 'second'],
    )
  assert.equal(seen.reads, 2, 'one read more, however many ask at once')
})

test('directory: a revoked credential costs one read more at its first use, then none', async () => {
  const { stores, seen } = createStores()
  const directory = createDirectory(stores, 100)
  await directory.clientByCredential('first')
  for (let use = 0; use < 5; use++) {
    const record = await directory.clientByCredential('revoked')
    assert.ok(record?.credentials.every(({ credentialId }) => credentialId !== 'revoked'))
  }
  assert.equal(seen.reads, 2)
  assert.equal(await directory.clientByCredential('unknown'), undefined)
})
