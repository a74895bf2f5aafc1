/** Conformance: migrations. D24 of the fault drills: interrupted ones run again, an older version still works. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '@credence/protocol'
import { sql } from 'kysely'
import type { Database } from '../dialects/database.ts'
import { migrate, migrations } from '../migrations/migrate.ts'
import { anApi, now, ordersAudience } from './fixtures.ts'
import { withSecond } from './migrations.ts'
import { type CreateDatabase, withStorage } from './test_database.ts'

const clock = systemClock

const real = migrations.map(({ name }, index) => `${index + 1} ${name}`)

const noInterruption = async () => {}

const rowsOfSecond = async (database: Database) =>
  (await sql<{ id: number }>`select id from second`.execute(database.reader)).rows.map(({ id }) => id)

const versions = async (database: Database) => {
  const rows = await database.reader.selectFrom('schema_migration').selectAll().orderBy('version').execute()
  return rows.map(({ version, name }) => `${version} ${name}`)
}

export const describeMigrations = (createDatabase: CreateDatabase): void => {
  test(
    'D24: a migration that fails midway leaves nothing and runs again',
    withStorage(createDatabase, async (_storage, { connect }) => {
      const database = await connect()
      const failing = withSecond(async () => {
        throw new Error('midway')
      })
      await assert.rejects(migrate(database, { clock, migrations: failing }), /midway/)
      assert.deepEqual(await versions(database), real)
      await assert.rejects(rowsOfSecond(database))
      await migrate(database, { clock, migrations: withSecond(noInterruption) })
      assert.deepEqual(await versions(database), [...real, `${real.length + 1} second`])
      assert.deepEqual(await rowsOfSecond(database), [1])
    }),
  )

  test(
    'D24: an older version that has the database open goes on reading and writing',
    withStorage(createDatabase, async (storage, { connect }) => {
      await storage.apis.create(anApi())
      await migrate(await connect(), { clock, migrations: withSecond(noInterruption) })
      assert.deepEqual(await storage.apis.find(ordersAudience), anApi())
      await storage.apis.delete(ordersAudience, now)
    }),
  )

  test(
    'of many that migrate at once each migration is run by one',
    withStorage(createDatabase, async (_storage, { connect }) => {
      let runs = 0
      const migrations = withSecond(async () => {
        runs += 1
      })
      const databases = await Promise.all(Array.from({ length: 6 }, connect))
      await Promise.all(databases.map((database) => migrate(database, { clock, migrations })))
      assert.equal(runs, 1)
    }),
  )
}
