/** Conformance: opening, migrating, closing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anApi, ordersAudience } from './fixtures.ts'
import { type CreateDatabase, refusal, withStorage } from './test_database.ts'

export const describeLifecycle = (createDatabase: CreateDatabase): void => {
  test(
    'what is stored is there when the database is opened again',
    withStorage(createDatabase, async (storage, database) => {
      await storage.apis.create(anApi())
      await storage.close()
      const again = await database.open()
      await again.ping()
      assert.deepEqual(await again.apis.find(ordersAudience), anApi())
    }),
  )

  test('many that open an empty database at once all find it ready', async () => {
    const database = await createDatabase()
    try {
      const opened = await Promise.all(Array.from({ length: 8 }, () => database.open()))
      for (const storage of opened) assert.equal(await storage.changes.latest(), 0)
    } finally {
      await database.remove()
    }
  })

  test(
    'a database that a newer version has written is not opened, and says what to do',
    withStorage(createDatabase, async (_storage, database) => {
      await database.execute("insert into schema_migration (version, name, applied_at) values (9999, 'future', 1)")
      await assert.rejects(database.open(), { ...refusal('schema_too_new'), message: /run the newer Credence/ })
    }),
  )

  test(
    'a store that is closed says so, and can be closed again',
    withStorage(createDatabase, async (storage) => {
      await storage.close()
      await storage.close()
      await assert.rejects(storage.ping(), refusal('unavailable'))
      await assert.rejects(storage.apis.create(anApi()), refusal('unavailable'))
      await assert.rejects(
        storage.transaction(async () => {}),
        refusal('unavailable'),
      )
    }),
  )
}
