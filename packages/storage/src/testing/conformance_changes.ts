/** Conformance: the change log. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keptChanges } from '../tables/change.ts'
import { aClient, aCredential, aGrant, anApi, aSealedKey, aSigningKey, now, ordersAudience } from './fixtures.ts'
import { type CreateDatabase, withStorage } from './test_database.ts'

const clientId = 'report-generator'

export const describeChanges = (createDatabase: CreateDatabase): void => {
  test(
    'every write appends what it changed; one that changes nothing appends nothing',
    withStorage(createDatabase, async ({ apis, clients, credentials, grants, signingKeys, sealedKeys, changes }) => {
      assert.equal(await changes.latest(), 0)
      assert.deepEqual(await changes.since(0, 10), [])
      await apis.create(anApi())
      await apis.update(anApi())
      await clients.create(aClient())
      await clients.update(aClient())
      await credentials.create(aCredential())
      await credentials.revoke('cred_1', now)
      await credentials.revoke('cred_1', now)
      await credentials.recordUses([{ credentialId: 'cred_1', usedAt: now, usedFrom: '::1', userAgent: undefined }])
      await grants.set(aGrant())
      await grants.delete(clientId, ordersAudience)
      await grants.delete(clientId, ordersAudience)
      await clients.delete(clientId)
      await apis.delete(ordersAudience, now)
      await signingKeys.createActive(aSigningKey())
      await signingKeys.createActive(aSigningKey({ kid: 'key_2' }))
      await sealedKeys.createIfAbsent(aSealedKey())
      await apis.delete(ordersAudience, now).catch(() => {})
      const expected = [
        ...['api', 'api', 'client', 'client', 'client', 'client', 'client', 'client', 'client', 'api', 'signing_key'],
      ].map((subject, index) => ({
        version: index + 1,
        subject,
        key: { api: ordersAudience, client: clientId, signing_key: 'key_1' }[subject],
      }))
      assert.deepEqual(await changes.since(0, 100), expected)
      assert.deepEqual(await changes.since(3, 2), expected.slice(3, 5))
      assert.deepEqual(await changes.since(11, 100), [])
      assert.equal(await changes.latest(), 11)
    }),
  )

  test(
    'a reader that is behind what is kept is told to begin again, and so is one ahead of a restored database',
    withStorage(createDatabase, async ({ apis, changes }, database) => {
      await apis.create(anApi())
      await database.execute(`update change_counter set version = ${keptChanges + 1}`)
      await apis.update(anApi())
      const latest = keptChanges + 2
      assert.equal(await changes.latest(), latest)
      assert.equal(await changes.since(0, 10), undefined)
      const newest = [{ version: latest, subject: 'api', key: ordersAudience }]
      assert.deepEqual(await changes.since(latest - 1, 10), newest)
      assert.equal(await changes.since(latest + 1, 10), undefined)
    }),
  )

  test(
    'the newest changes are kept, older ones are dropped one by one',
    withStorage(createDatabase, async ({ apis, changes }, database) => {
      await database.execute(`
        with recursive filled (version) as (
          select 1 union all select version + 1 from filled where version < ${keptChanges}
        )
        insert into change (version, subject, key) select version, 'api', 'filled' from filled`)
      await database.execute(`update change_counter set version = ${keptChanges}`)
      const first = async (after: number) => (await changes.since(after, 1))?.map(({ version }) => version)
      assert.deepEqual(await first(0), [1])
      await apis.create(anApi())
      assert.deepEqual(await first(0), undefined)
      assert.deepEqual(await first(1), [2])
      assert.equal((await changes.since(1, 2 * keptChanges))?.length, keptChanges)
    }),
  )
}
