/** Conformance: being told that something has changed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aClient, anApi } from './fixtures.ts'
import { type CreateDatabase, withStorage } from './test_database.ts'

const patienceMs = 10_000

/** Counts the calls, and waits for the next one. */
export const createNoticeCounter = () => {
  let count = 0
  let noticed = Promise.withResolvers<void>()
  return {
    get count() {
      return count
    },
    onChange() {
      count++
      noticed.resolve()
      noticed = Promise.withResolvers<void>()
    },
    async next() {
      const { promise } = noticed
      const { promise: late, reject } = Promise.withResolvers<never>()
      const timer = setTimeout(() => reject(new Error('no notice came')), patienceMs)
      await Promise.race([promise, late]).finally(() => clearTimeout(timer))
    },
  }
}

export const describeChangeNotices = (createDatabase: CreateDatabase): void => {
  test(
    'a change made over another connection is told once it is committed, and none is once nobody watches',
    withStorage(createDatabase, async (storage, { open }) => {
      const notices = createNoticeCounter()
      const connected = notices.next()
      const stop = storage.watchChanges(notices.onChange)
      await connected
      const other = await open()
      const told = notices.next()
      await other.apis.create(anApi())
      await told
      // whoever was told finds it
      assert.equal(await storage.changes.latest(), 1)

      const { count } = notices
      const next = notices.next()
      await other.transaction(async ({ clients }) => {
        await clients.create(aClient())
        await clients.create(aClient({ clientId: 'another' }))
      })
      await next
      assert.equal(notices.count, count + 1)
      stop()
      await other.clients.delete('another')
      await storage.ping()
      assert.equal(notices.count, count + 1)
    }),
  )
}
