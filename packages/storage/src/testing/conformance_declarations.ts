/** Conformance: the marks of what a declarative file has declared. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aClient, anApi, now, ordersAudience } from './fixtures.ts'
import { type CreateDatabase, refusal, withStorage } from './test_database.ts'

export const describeDeclarations = (createDatabase: CreateDatabase): void => {
  test(
    'what is marked as declared is listed in order, however often it is marked',
    withStorage(createDatabase, async ({ apis, clients, declarations }) => {
      await apis.create(anApi())
      for (const clientId of ['b', 'a', 'c']) await clients.create(aClient({ clientId }))
      await declarations.add({ apis: [ordersAudience], clients: ['b'] })
      await declarations.add({ apis: [ordersAudience], clients: ['b', 'a'] })
      await declarations.add({ apis: [], clients: [] })
      assert.deepEqual(await declarations.list(), { apis: [ordersAudience], clients: ['a', 'b'] })
    }),
  )

  test(
    'a mark on what does not exist is refused, and none is added',
    withStorage(createDatabase, async ({ apis, clients, declarations }) => {
      await apis.create(anApi())
      await clients.create(aClient({ clientId: 'a' }))
      const add = (declared: Parameters<typeof declarations.add>[0]) => declarations.add(declared)
      await assert.rejects(add({ apis: [ordersAudience], clients: ['a', 'nobody'] }), refusal('not_found'))
      await assert.rejects(add({ apis: ['urn:nothing'], clients: ['a'] }), refusal('not_found'))
      assert.deepEqual(await declarations.list(), { apis: [], clients: [] })
    }),
  )

  test(
    'a mark goes with what it marks: made anew, it has none',
    withStorage(createDatabase, async ({ apis, clients, declarations }) => {
      await apis.create(anApi())
      await clients.create(aClient({ clientId: 'a' }))
      await declarations.add({ apis: [ordersAudience], clients: ['a'] })
      await clients.delete('a')
      await apis.delete(ordersAudience, now)
      await apis.create(anApi())
      await clients.create(aClient({ clientId: 'a' }))
      assert.deepEqual(await declarations.list(), { apis: [], clients: [] })
    }),
  )

  test(
    'more marks than one statement has parameters for are added at once',
    withStorage(createDatabase, async (storage) => {
      const clientIds = Array.from({ length: 501 }, (_, index) => `client-${String(index).padStart(3, '0')}`)
      await storage.transaction(async ({ clients, declarations }) => {
        for (const clientId of clientIds) await clients.create(aClient({ clientId }))
        await declarations.add({ apis: [], clients: clientIds })
      })
      assert.deepEqual((await storage.declarations.list()).clients, clientIds)
    }),
  )
}
