/** Conformance: transactions. */
import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { maxTransactionMs } from '../session.ts'
import type { Stores } from '../stores.ts'
import { aClient, aCredential, anApi, ordersAudience } from './fixtures.ts'
import { type CreateDatabase, refusal, withStorage } from './test_database.ts'

const nothingIsStored = async ({ apis, clients, changes }: Stores) => {
  assert.deepEqual(await apis.list({ limit: 10 }), [])
  assert.deepEqual(await clients.list({ limit: 10 }), [])
  assert.equal(await changes.latest(), 0)
}

export const describeTransactions = (createDatabase: CreateDatabase): void => {
  test(
    'a transaction stores all of its writes and returns its result',
    withStorage(createDatabase, async (storage) => {
      const result = await storage.transaction(async (stores) => {
        await stores.clients.create(aClient())
        await stores.credentials.create(aCredential())
        return (await stores.clients.findRecord('report-generator'))?.credentials.length
      })
      assert.equal(result, 1)
      assert.equal(await storage.credentials.findOwner('cred_1'), 'report-generator')
      assert.equal(await storage.changes.latest(), 2)
    }),
  )

  test(
    'a transaction that throws leaves nothing',
    withStorage(createDatabase, async (storage) => {
      const failed = storage.transaction(async (stores) => {
        await stores.apis.create(anApi())
        await stores.clients.create(aClient())
        throw new Error('no')
      })
      await assert.rejects(failed, /^Error: no$/)
      await nothingIsStored(storage)
      await storage.apis.create(anApi())
    }),
  )

  test(
    'a transaction with a failed write leaves nothing, even when the failure is caught',
    withStorage(createDatabase, async (storage) => {
      const failed = storage.transaction(async (stores) => {
        await stores.apis.create(anApi())
        await stores.apis.create(anApi()).catch(() => {})
        await stores.clients.create(aClient())
      })
      await assert.rejects(failed, refusal('already_exists'))
      await nothingIsStored(storage)
    }),
  )

  test(
    'writes that run beside one that fails are not stored after the transaction, whenever it fails',
    withStorage(createDatabase, async (storage) => {
      for (let statementsBefore = 0; statementsBefore < 12; statementsBefore++) {
        const failed = storage.transaction(async (stores) => {
          const write = async () => {
            for (let index = 0; index < 12; index++) await stores.clients.create(aClient({ clientId: `c${index}` }))
          }
          const fail = async () => {
            for (let done = 0; done < statementsBefore; done++) await stores.changes.latest()
            throw new Error('no')
          }
          await Promise.all([write(), fail()])
        })
        await assert.rejects(failed, /^Error: no$/)
        await nothingIsStored(storage)
      }
    }),
  )

  test(
    'the stores of a transaction cannot be used after it',
    withStorage(createDatabase, async (storage) => {
      const stores = await storage.transaction(async (stores) => stores)
      await assert.rejects(stores.apis.create(anApi()), /transaction has ended/)
      await assert.rejects(stores.apis.find(ordersAudience), /transaction has ended/)
      await nothingIsStored(storage)
    }),
  )

  test(
    'nothing interleaves: reads outside see what was before, writes outside come after',
    withStorage(createDatabase, async (storage) => {
      let outside: Promise<unknown> | undefined
      await storage.transaction(async (stores) => {
        await stores.apis.create(anApi())
        outside = storage.clients.create(aClient())
        assert.equal(await storage.apis.find(ordersAudience), undefined)
        assert.equal(await storage.clients.find('report-generator'), undefined)
        await stores.apis.update(anApi())
      })
      await outside
      const subjects = (await storage.changes.since(0, 10))?.map(({ subject }) => subject)
      assert.deepEqual(subjects, ['api', 'api', 'client'])
    }),
  )

  test(
    'a transaction that does not end is rolled back, so that others can write',
    withStorage(createDatabase, async (storage) => {
      const timers = mock.timers
      const { promise: started, resolve: start } = Promise.withResolvers<void>()
      // Only the limit below is mocked: the driver takes its own timers before and after.
      timers.enable({ apis: ['setTimeout'] })
      try {
        const stuck = storage.transaction(async (stores) => {
          await stores.apis.create(anApi())
          start()
          await new Promise(() => {})
        })
        const refused = assert.rejects(stuck, refusal('unavailable'))
        await started
        timers.tick(maxTransactionMs)
        await refused
      } finally {
        timers.reset()
      }
      await nothingIsStored(storage)
      await storage.apis.create(anApi())
    }),
  )
}
