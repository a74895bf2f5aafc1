/** Conformance: APIs, signing keys and sealed keys. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aClient, aGrant, anApi, aSealedKey, aSigningKey, now, ordersAudience } from './fixtures.ts'
import { type CreateDatabase, refusal, withStorage } from './test_database.ts'

export const describeApiAndKeyStores = (createDatabase: CreateDatabase): void => {
  test(
    'an API is found as it was created',
    withStorage(createDatabase, async ({ apis }) => {
      const api = anApi({ scopes: ['a', 'b"\\', 'ü'], tokenTtlSeconds: 3600, signingAlgorithm: 'EdDSA' })
      await apis.create(api)
      assert.deepEqual(await apis.find(ordersAudience), api)
      assert.equal(await apis.find('https://unknown.example.com'), undefined)
    }),
  )

  test(
    'an API of the same audience or id is refused',
    withStorage(createDatabase, async ({ apis }) => {
      await apis.create(anApi())
      await assert.rejects(apis.create(anApi({ id: 'api_other' })), refusal('already_exists'))
      await assert.rejects(apis.create(anApi({ audience: 'https://b', id: anApi().id })), refusal('already_exists'))
      assert.deepEqual(await apis.list({ limit: 10 }), [anApi()])
    }),
  )

  test(
    'an update of an API stores what may change, and counts',
    withStorage(createDatabase, async ({ apis }) => {
      await apis.create(anApi())
      const changes = { scopes: ['x'], tokenTtlSeconds: 60, signingAlgorithm: 'PS256', updatedAt: now + 1 } as const
      const updated = await apis.update(anApi({ ...changes, id: 'ignored', createdAt: 1, revision: 99 }))
      assert.deepEqual(updated, anApi({ ...changes, revision: 2 }))
      assert.deepEqual(await apis.find(ordersAudience), updated)
    }),
  )

  test(
    'an update or delete of an API is refused when it does not exist or has another revision',
    withStorage(createDatabase, async ({ apis }) => {
      await assert.rejects(apis.update(anApi()), refusal('not_found'))
      await assert.rejects(apis.update(anApi(), 1), refusal('not_found'))
      await assert.rejects(apis.delete(ordersAudience, now), refusal('not_found'))
      await apis.create(anApi())
      await assert.rejects(apis.update(anApi({ scopes: [] }), 2), refusal('revision_conflict'))
      await assert.rejects(apis.delete(ordersAudience, now, 2), refusal('revision_conflict'))
      assert.deepEqual(await apis.find(ordersAudience), anApi())
      await apis.update(anApi(), 1)
      await apis.delete(ordersAudience, now, 2)
      assert.equal(await apis.find(ordersAudience), undefined)
    }),
  )

  test(
    'an API that is granted to a client cannot be deleted',
    withStorage(createDatabase, async ({ apis, clients, grants }) => {
      await apis.create(anApi())
      await clients.create(aClient())
      await grants.set(aGrant())
      await assert.rejects(apis.delete(ordersAudience, now), refusal('in_use'))
      await grants.delete('report-generator', ordersAudience)
      await apis.delete(ordersAudience, now)
    }),
  )

  test(
    'an API that is deleted is served by nobody any more, nor is a later one of its audience',
    withStorage(createDatabase, async ({ apis, clients, changes }) => {
      const other = 'https://other.example.com'
      for (const audience of [ordersAudience, other]) await apis.create(anApi({ audience }))
      const serving = (clientId: string, serves: readonly string[]) => aClient({ clientId, serves })
      const bystanders = [serving('a', []), serving('c', [other, `${ordersAudience}/v2`])]
      for (const client of [...bystanders, serving('d', [other, ordersAudience]), serving('b', [ordersAudience])])
        await clients.create(client)
      const seen = await changes.latest()

      assert.deepEqual(await apis.delete(ordersAudience, now + 5), ['b', 'd'])
      const told = (await changes.since(seen, 9))?.map(({ subject, key }) => `${subject} ${key}`)
      assert.deepEqual(told, [`api ${ordersAudience}`, 'client b', 'client d'])
      await apis.create(anApi())
      const changed = { updatedAt: now + 5, revision: 2 }
      const [a, c] = bystanders
      assert.deepEqual(await clients.list({ limit: 9 }), [
        a,
        { ...serving('b', []), ...changed },
        c,
        { ...serving('d', [other]), ...changed },
      ])
      assert.deepEqual((await clients.findRecord('d'))?.client.serves, [other])
    }),
  )

  test(
    'whatever an audience looks like, only who serves it is taken for serving it',
    withStorage(createDatabase, async ({ apis, clients }) => {
      const odd = [',', '%', '"', '\\', 'a"b', 'ü', "'"]
      for (const audience of odd) await apis.create(anApi({ audience }))
      await clients.create(aClient({ clientId: 'all', serves: odd }))
      await clients.create(aClient({ clientId: 'similar', serves: ['x', 'y', '%%', '""', '\\\\', 'ab', 'u', "''"] }))
      for (const audience of odd) assert.deepEqual(await apis.delete(audience, now), ['all'], audience)
      assert.deepEqual((await clients.find('all'))?.serves, [])
      assert.equal((await clients.find('similar'))?.revision, 1)
    }),
  )

  test(
    'an API whose deletion is refused is still served',
    withStorage(createDatabase, async ({ apis, clients, grants }) => {
      const server = aClient({ serves: [ordersAudience] })
      await apis.create(anApi())
      await clients.create(server)
      await assert.rejects(apis.delete(ordersAudience, now, 2), refusal('revision_conflict'))
      await grants.set(aGrant())
      await assert.rejects(apis.delete(ordersAudience, now), refusal('in_use'))
      assert.deepEqual(await clients.find(server.clientId), server)
    }),
  )

  test(
    'pages come in the order of the bytes of their keys, each key once',
    withStorage(createDatabase, async ({ apis }) => {
      const inOrder = ['A', 'B', 'Z', '_', 'a', 'a-', 'a.b', 'b', 'é', '\u{ff5e}', '\u{1f600}']
      for (const audience of inOrder.toReversed()) await apis.create(anApi({ audience }))
      const seen: string[] = []
      for (let after: string | undefined = ''; after !== undefined; ) {
        const page = await apis.list({ after, limit: 3 })
        assert.ok(page.length <= 3)
        seen.push(...page.map(({ audience }) => audience))
        after = page.at(-1)?.audience
      }
      assert.deepEqual(seen, inOrder)
      assert.equal((await apis.list({ limit: 2 })).length, 2)
    }),
  )

  test(
    'createActive stores the first key of an algorithm, and later returns it',
    withStorage(createDatabase, async ({ signingKeys }) => {
      const first = aSigningKey()
      assert.deepEqual(await signingKeys.createActive({ ...first, status: 'published' }), first)
      assert.deepEqual(await signingKeys.createActive(aSigningKey({ kid: 'key_2' })), first)
      const other = aSigningKey({ kid: 'key_3', algorithm: 'RS256', createdAt: now + 1, activatedAt: undefined })
      assert.deepEqual(await signingKeys.createActive(other), other)
      assert.deepEqual(await signingKeys.list(), [first, other])
      const sameKid = aSigningKey({ algorithm: 'EdDSA' })
      await assert.rejects(signingKeys.createActive(sameKid), refusal('already_exists'))
    }),
  )

  test(
    'createIfAbsent stores the first key of a purpose, and later returns it',
    withStorage(createDatabase, async ({ sealedKeys }) => {
      assert.deepEqual(await sealedKeys.createIfAbsent(aSealedKey()), aSealedKey())
      const late = aSealedKey({ sealed: Uint8Array.of(9), createdAt: now + 1 })
      assert.deepEqual(await sealedKeys.createIfAbsent(late), aSealedKey())
      const other = aSealedKey({ purpose: 'cursor' })
      await sealedKeys.createIfAbsent(other)
      assert.deepEqual(await sealedKeys.list(), [other, aSealedKey()])
    }),
  )
}
