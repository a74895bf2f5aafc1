/** Conformance: many callers at once, over several openings of one database, as replicas have them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Change } from '../model.ts'
import type { Storage } from '../stores.ts'
import { aClient, aGrant, anApi, aSealedKey, aSigningKey, now, ordersAudience } from './fixtures.ts'
import { type CreateDatabase, type TestDatabase, withStorage } from './test_database.ts'

const callers = 50

/** Runs one call per caller, spread over three openings. */
const race = async <T>(
  database: TestDatabase,
  call: (storage: Storage, index: number) => Promise<T>,
): Promise<readonly PromiseSettledResult<T>[]> => {
  const replicas = await Promise.all([database.open(), database.open(), database.open()])
  const calls = Array.from({ length: callers }, async (_, index) => {
    const replica = replicas[index % replicas.length]
    assert.ok(replica)
    return call(replica, index)
  })
  return Promise.allSettled(calls)
}

const values = <T>(results: readonly PromiseSettledResult<T>[]): readonly T[] =>
  results.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })

/** The codes of the refusals, and how often each. */
const refusals = (results: readonly PromiseSettledResult<unknown>[]) =>
  Object.groupBy(
    results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])),
    ({ code }) => code,
  )

export const describeRaces = (createDatabase: CreateDatabase): void => {
  test(
    'createIfAbsent: of many at once one is stored, and all get that one',
    withStorage(createDatabase, async ({ sealedKeys }, database) => {
      const results = await race(database, (storage, index) =>
        storage.sealedKeys.createIfAbsent(aSealedKey({ sealed: Uint8Array.of(index) })),
      )
      const [stored] = await sealedKeys.list()
      assert.ok(stored)
      for (const key of values(results)) assert.deepEqual(key, stored)
    }),
  )

  test(
    'createActive: of many at once one is stored, and all get that one',
    withStorage(createDatabase, async ({ signingKeys, changes }, database) => {
      const results = await race(database, (storage, index) =>
        storage.signingKeys.createActive(aSigningKey({ kid: `key_${index}` })),
      )
      const stored = await signingKeys.list()
      assert.equal(stored.length, 1)
      for (const key of values(results)) assert.deepEqual(key, stored[0])
      assert.equal(await changes.latest(), 1)
    }),
  )

  test(
    'a write waits for the transaction of another opening, and then sees what it has stored',
    withStorage(createDatabase, async (storage, database) => {
      const other = await database.open()
      const { waiting } = await storage.transaction(async ({ signingKeys, changes }) => {
        await signingKeys.createActive(aSigningKey())
        const waiting = other.signingKeys.createActive(aSigningKey({ kid: 'key_2' }))
        // Time enough for it to look, if it did not wait.
        for (let statements = 0; statements < 50; statements++) await changes.latest()
        return { waiting }
      })
      assert.deepEqual(await waiting, aSigningKey())
    }),
  )

  test(
    'create: of many of one key at once, one is stored and the others are told',
    withStorage(createDatabase, async ({ clients }, database) => {
      const results = await race(database, (storage, index) => storage.clients.create(aClient({ name: `${index}` })))
      assert.equal(refusals(results).already_exists?.length, callers - 1)
      const winner = results.findIndex(({ status }) => status === 'fulfilled')
      assert.equal((await clients.find('report-generator'))?.name, `${winner}`)
    }),
  )

  test(
    'update: of many that expect one revision, one is stored and the others are told',
    withStorage(createDatabase, async ({ clients }, database) => {
      await clients.create(aClient())
      const results = await race(database, (storage, index) => storage.clients.update(aClient({ name: `${index}` }), 1))
      assert.equal(refusals(results).revision_conflict?.length, callers - 1)
      const winner = results.findIndex(({ status }) => status === 'fulfilled')
      assert.deepEqual(await clients.find('report-generator'), aClient({ name: `${winner}`, revision: 2 }))
    }),
  )

  test(
    'update without an expected revision: none is lost',
    withStorage(createDatabase, async ({ clients }, database) => {
      await clients.create(aClient())
      const revisions = values(await race(database, (storage) => storage.clients.update(aClient()))).map(
        ({ revision }) => revision,
      )
      assert.deepEqual(
        revisions.toSorted((a, b) => a - b),
        Array.from({ length: callers }, (_, index) => index + 2),
      )
    }),
  )

  test(
    'grants of one client and API set at once: one is left, whole',
    withStorage(createDatabase, async ({ apis, clients, grants, changes }, database) => {
      await apis.create(anApi())
      await clients.create(aClient())
      values(
        await race(database, (storage, index) =>
          storage.grants.set(aGrant({ scopes: [`s${index}`], updatedAt: index })),
        ),
      )
      const [grant, ...others] = await grants.listByClient('report-generator')
      assert.deepEqual(others, [])
      assert.deepEqual(grant?.scopes, [`s${grant?.updatedAt}`])
      assert.equal(await changes.latest(), 2 + callers)
    }),
  )

  test(
    'an API deleted while it is granted: refused, or the grants are',
    withStorage(createDatabase, async ({ apis, clients, grants }, database) => {
      await apis.create(anApi())
      await clients.create(aClient())
      const results = await race<unknown>(database, (storage, index) =>
        index === callers / 2 ? storage.apis.delete(ordersAudience, now) : storage.grants.set(aGrant()),
      )
      const apiIsThere = (await apis.find(ordersAudience)) !== undefined
      assert.equal((await grants.listByClient('report-generator')).length > 0, apiIsThere)
      assert.equal(refusals(results).in_use !== undefined, apiIsThere)
    }),
  )

  test(
    'changes: one who polls while others write sees every version, once and in order',
    withStorage(createDatabase, async (storage, database) => {
      await storage.apis.create(anApi())
      const seen: Change[] = []
      let writing = true
      const poll = async () => {
        for (;;) {
          const last = !writing
          const changes = await storage.changes.since(seen.length, 7)
          assert.ok(changes)
          seen.push(...changes)
          if (last && changes.length === 0) return
          await new Promise(setImmediate)
        }
      }
      const polling = poll()
      const results = await race(database, (replica, index) =>
        replica.transaction(async ({ clients, grants }) => {
          await clients.create(aClient({ clientId: `client-${index}` }))
          await grants.set(aGrant({ clientId: `client-${index}` }))
          if (index % 5 === 0) throw new Error('rolled back')
        }),
      )
      writing = false
      await polling
      const rolledBack = results.filter(({ status }) => status === 'rejected').length
      assert.equal(rolledBack, callers / 5)
      const versions = seen.map(({ version }) => version)
      assert.deepEqual(
        versions,
        Array.from({ length: 1 + 2 * (callers - rolledBack) }, (_, index) => index + 1),
      )
    }),
  )
}
