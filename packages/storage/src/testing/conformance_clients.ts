/** Conformance: clients, their credentials and their grants. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Storage } from '../stores.ts'
import { aClient, aCredential, aGrant, anApi, now, ordersAudience } from './fixtures.ts'
import { type CreateDatabase, refusal, withStorage } from './test_database.ts'

const clientId = 'report-generator'

const fullClient = aClient({
  name: 'Der Bericht "täglich"',
  tokenEndpointAuthMethod: 'client_secret_post',
  tokenTtlSeconds: 120,
  defaultScope: ['orders:read'],
  quota: { tokensPerMinute: 30, mode: 'observe' },
  managedRotation: { overlapSeconds: 3_600 },
  disabled: true,
})

const fullCredential = aCredential({
  credentialId: 'cred_2',
  label: 'next',
  expiresAt: now + 1,
  revokedAt: now + 2,
  lastUsedAt: now + 3,
  lastUsedFrom: '2001:db8::1',
  lastUsedUserAgent: 'report/1.0',
  lifetimeSeconds: 86_400,
  replaces: 'cred_1',
})

const createAll = async ({ apis, clients, credentials, grants }: Storage) => {
  await apis.create(anApi())
  await apis.create(anApi({ audience: 'https://a.example.com' }))
  await clients.create(aClient())
  await clients.create(aClient({ clientId: 'other' }))
  await credentials.create(aCredential())
  await credentials.create(fullCredential)
  await credentials.create(aCredential({ credentialId: 'cred_3', clientId: 'other' }))
  await grants.set(aGrant())
  await grants.set(aGrant({ audience: 'https://a.example.com', scopes: [] }))
  await grants.set(aGrant({ clientId: 'other' }))
}

export const describeClientStores = (createDatabase: CreateDatabase): void => {
  test(
    'a client is found as it was created, with and without what is optional',
    withStorage(createDatabase, async ({ clients }) => {
      await clients.create(aClient())
      await clients.create({ ...fullClient, clientId: 'full' })
      await clients.create(aClient({ clientId: 'no-default', defaultScope: [] }))
      assert.deepEqual(await clients.find(clientId), aClient())
      assert.deepEqual(await clients.find('full'), { ...fullClient, clientId: 'full' })
      assert.deepEqual((await clients.find('no-default'))?.defaultScope, [])
      assert.equal(await clients.find('unknown'), undefined)
      await assert.rejects(clients.create(fullClient), refusal('already_exists'))
      const ids = (await clients.list({ after: 'full', limit: 1 })).map((client) => client.clientId)
      assert.deepEqual(ids, ['no-default'])
    }),
  )

  test(
    'an update of a client stores all but its id and creation, and counts',
    withStorage(createDatabase, async ({ clients }) => {
      await assert.rejects(clients.update(aClient(), 1), refusal('not_found'))
      await clients.create(aClient())
      const updated = await clients.update({ ...fullClient, createdAt: 1, updatedAt: now + 9, revision: 7 }, 1)
      assert.deepEqual(updated, { ...fullClient, updatedAt: now + 9, revision: 2 })
      await assert.rejects(clients.update(aClient(), 1), refusal('revision_conflict'))
      assert.deepEqual(await clients.find(clientId), updated)
      assert.deepEqual(await clients.update(aClient()), aClient({ revision: 3 }))
    }),
  )

  test(
    'deleting a client deletes its credentials and grants, and nobody else’s',
    withStorage(createDatabase, async (storage) => {
      const { clients, credentials, grants } = storage
      await createAll(storage)
      await assert.rejects(clients.delete(clientId, 2), refusal('revision_conflict'))
      assert.equal((await grants.listByClient(clientId)).length, 2)
      await clients.delete(clientId, 1)
      assert.equal(await clients.find(clientId), undefined)
      assert.equal(await credentials.findOwner('cred_1'), undefined)
      assert.deepEqual(await grants.listByClient(clientId), [])
      assert.equal((await clients.findRecord('other'))?.credentials.length, 1)
      assert.equal((await clients.findRecord('other'))?.grants.length, 1)
      await assert.rejects(clients.delete(clientId), refusal('not_found'))
    }),
  )

  test(
    'a client’s record has its credentials that are not revoked and its grants',
    withStorage(createDatabase, async (storage) => {
      await createAll(storage)
      const expired = aCredential({
        credentialId: 'cred_0',
        expiresAt: now - 1,
        lastUsedAt: now,
        lastUsedFrom: '::1',
        lastUsedUserAgent: 'curl',
      })
      await storage.credentials.create(expired)
      const record = {
        client: aClient(),
        credentials: [expired, aCredential()],
        grants: [aGrant({ audience: 'https://a.example.com', scopes: [] }), aGrant()],
      }
      assert.deepEqual(await storage.clients.findRecord(clientId), record)
      const inTransaction = await storage.transaction(({ clients }) => clients.findRecord(clientId))
      assert.deepEqual(inTransaction, record)
      assert.equal(await storage.clients.findRecord('unknown'), undefined)
    }),
  )

  test(
    'the record of a client that has nothing is empty lists',
    withStorage(createDatabase, async ({ clients }) => {
      await clients.create(fullClient)
      assert.deepEqual(await clients.findRecord(clientId), { client: fullClient, credentials: [], grants: [] })
    }),
  )

  test(
    'credentials are found by id, by owner and in pages',
    withStorage(createDatabase, async (storage) => {
      const { credentials } = storage
      await createAll(storage)
      assert.deepEqual(await credentials.find('cred_2'), fullCredential)
      assert.equal(await credentials.find('unknown'), undefined)
      assert.equal(await credentials.findOwner('cred_3'), 'other')
      assert.equal(await credentials.findOwner('unknown'), undefined)
      assert.deepEqual(await credentials.listByClient(clientId, { limit: 1 }), [aCredential()])
      assert.deepEqual(await credentials.listByClient(clientId, { after: 'cred_1', limit: 9 }), [fullCredential])
    }),
  )

  test(
    'a credential of an unknown client, or of an id that is taken, is refused',
    withStorage(createDatabase, async (storage) => {
      await createAll(storage)
      const { credentials } = storage
      const orphan = aCredential({ credentialId: 'cred_9', clientId: 'unknown' })
      await assert.rejects(credentials.create(orphan), refusal('not_found'))
      await assert.rejects(credentials.create(aCredential({ clientId: 'other' })), refusal('already_exists'))
    }),
  )

  test(
    'a credential is revoked once: the first time stays',
    withStorage(createDatabase, async (storage) => {
      await createAll(storage)
      const revoked = await storage.credentials.revoke('cred_1', now + 5)
      assert.deepEqual(revoked, aCredential({ revokedAt: now + 5 }))
      assert.deepEqual(await storage.credentials.revoke('cred_1', now + 6), revoked)
      assert.deepEqual(await storage.credentials.find('cred_1'), revoked)
      await assert.rejects(storage.credentials.revoke('unknown', now), refusal('not_found'))
    }),
  )

  test(
    'the expiry of a credential is set; its lifetime stays',
    withStorage(createDatabase, async (storage) => {
      await createAll(storage)
      const { clients, credentials, changes } = storage
      const seen = await changes.latest()
      const changed = await credentials.setExpiry('cred_1', now + 5)
      assert.deepEqual(changed, aCredential({ expiresAt: now + 5 }))
      assert.deepEqual((await clients.findRecord(clientId))?.credentials, [changed])
      assert.deepEqual(await changes.since(seen, 9), [{ version: seen + 1, subject: 'client', key: clientId }])
      await assert.rejects(credentials.setExpiry('unknown', now), refusal('not_found'))
    }),
  )

  test(
    'of uses the newest is kept, whatever the order they come in; unknown credentials are passed over',
    withStorage(createDatabase, async (storage) => {
      const { credentials } = storage
      await createAll(storage)
      const lastUse = async () => {
        const { lastUsedAt, lastUsedFrom, lastUsedUserAgent } = (await credentials.find('cred_1')) ?? {}
        return [lastUsedAt, lastUsedFrom, lastUsedUserAgent]
      }
      await credentials.recordUses([])
      await credentials.recordUses([
        { credentialId: 'cred_1', usedAt: now + 2, usedFrom: 'newer', userAgent: 'n' },
        { credentialId: 'unknown', usedAt: now + 9, usedFrom: 'nowhere', userAgent: undefined },
        { credentialId: 'cred_1', usedAt: now + 1, usedFrom: 'older', userAgent: 'o' },
      ])
      assert.deepEqual(await lastUse(), [now + 2, 'newer', 'n'])
      await credentials.recordUses([{ credentialId: 'cred_1', usedAt: now + 1, usedFrom: 'late', userAgent: 'l' }])
      assert.deepEqual(await lastUse(), [now + 2, 'newer', 'n'])
      const newest = { credentialId: 'cred_1', usedAt: now + 3, usedFrom: 'newest', userAgent: undefined }
      await credentials.recordUses([newest])
      assert.deepEqual(await lastUse(), [now + 3, 'newest', undefined])
    }),
  )

  test(
    'thousands of uses are recorded in one go',
    withStorage(createDatabase, async (storage) => {
      await createAll(storage)
      const uses = Array.from({ length: 3_500 }, (_, i) => ({
        credentialId: `u${i}`,
        usedAt: now,
        usedFrom: '::1',
        userAgent: undefined,
      }))
      const last = { credentialId: 'cred_3', usedAt: now, usedFrom: 'last', userAgent: undefined }
      await storage.credentials.recordUses([...uses, last])
      assert.equal((await storage.credentials.find('cred_3'))?.lastUsedFrom, 'last')
    }),
  )

  test(
    'a grant is set, replaced, found and deleted',
    withStorage(createDatabase, async (storage) => {
      const { grants } = storage
      await createAll(storage)
      await grants.set(aGrant({ scopes: ['orders:write'], createdAt: now + 1, updatedAt: now + 1 }))
      const replaced = aGrant({ scopes: ['orders:write'], updatedAt: now + 1 })
      assert.deepEqual(await grants.find(clientId, ordersAudience), replaced)
      assert.deepEqual((await grants.find('other', ordersAudience))?.scopes, ['orders:read'])
      assert.equal((await grants.listByClient(clientId))[1]?.audience, ordersAudience)
      assert.equal(await grants.delete(clientId, ordersAudience), true)
      assert.equal(await grants.delete(clientId, ordersAudience), false)
      assert.equal(await grants.find(clientId, ordersAudience), undefined)
      assert.equal((await grants.listByClient('other')).length, 1)
    }),
  )

  test(
    'a grant to an unknown client or on an unknown API is refused, and says which',
    withStorage(createDatabase, async ({ apis, clients, grants }) => {
      await apis.create(anApi())
      await assert.rejects(grants.set(aGrant()), { ...refusal('not_found'), message: /client report-generator/ })
      await clients.create(aClient())
      const elsewhere = aGrant({ audience: 'https://unknown' })
      await assert.rejects(grants.set(elsewhere), { ...refusal('not_found'), message: /API https:\/\/unknown/ })
    }),
  )
}
