/** Conformance: backup and restore. D25 of the fault drills, the store's part. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '@credence/protocol'
import { load } from '../backup/load.ts'
import type { Database } from '../dialects/database.ts'
import { anEvent, seal, verifyAll } from './conformance_audit.ts'
import { aClient, aCredential, aGrant, anApi, aSealedKey, aSigningKey, now, ordersAudience } from './fixtures.ts'
import { type CreateDatabase, refusal, withStorage } from './test_database.ts'

const about = { issuer: 'https://auth.example.com' }
const options = { clock: systemClock, force: false }

const linesOf = async (lines: AsyncIterable<string>): Promise<string[]> => {
  const read: string[] = []
  for await (const line of lines) read.push(line)
  return read
}

async function* from(lines: readonly string[]) {
  yield* lines
}

const tablesOf = async ({ reader }: Database) => (await reader.introspection.getTables()).map(({ name }) => name).sort()

export const describeBackup = (createDatabase: CreateDatabase, createTarget = createDatabase): void => {
  test(
    'D25: all that is in the store is in a backup, and comes back as it was',
    withStorage(createDatabase, async (storage, source) => {
      const { apis, clients, credentials, grants, signingKeys, sealedKeys, auditEvents } = storage
      await apis.create(anApi())
      await storage.transaction(async (stores) => {
        for (let index = 0; index < 1_200; index++)
          await stores.clients.create(aClient({ clientId: `client-${index}`, name: 'Zoë "Z"\n' }))
      })
      await clients.create(aClient())
      await credentials.create(aCredential())
      await grants.set(aGrant())
      await signingKeys.createActive(aSigningKey())
      await sealedKeys.createIfAbsent(aSealedKey())
      await auditEvents.append([anEvent(), anEvent()], { seal, at: now })
      const backup = await linesOf(storage.dump(about))
      const target = await createTarget()
      try {
        const loaded = await load(await target.connect(), from(backup), options)
        assert.deepEqual(loaded.about, about)
        const restored = await target.open()
        assert.deepEqual(
          await restored.clients.findRecord('report-generator'),
          await clients.findRecord('report-generator'),
        )
        assert.deepEqual(await restored.apis.find(ordersAudience), await apis.find(ordersAudience))
        assert.deepEqual(await restored.signingKeys.list(), await signingKeys.list())
        assert.deepEqual(await restored.sealedKeys.list(), await sealedKeys.list())
        assert.equal((await restored.clients.list({ limit: 2_000 })).length, 1_201)
        assert.equal(await restored.changes.latest(), await storage.changes.latest())
        assert.deepEqual(await verifyAll(restored), await verifyAll(storage))
        assert.deepEqual(await tablesOf(await target.connect()), await tablesOf(await source.connect()))
        // and once more: what comes out is what went in
        const [, ...rows] = await linesOf(restored.dump(about))
        assert.deepEqual(rows.sort(), backup.slice(1).sort())
      } finally {
        await target.remove()
      }
    }),
  )

  test(
    'D25: a backup is of one moment, whatever is written while it is read',
    withStorage(createDatabase, async (storage) => {
      await storage.transaction(async ({ apis }) => {
        for (let index = 0; index < 600; index++)
          await apis.create(anApi({ audience: `urn:${index}`, id: `api_${index}` }))
      })
      const lines: string[] = []
      for await (const line of storage.dump(about)) {
        if (lines.length === 3) await storage.apis.create(anApi({ audience: 'urn:late' }))
        lines.push(line)
      }
      assert.ok(!lines.some((line) => line.includes('urn:late')))
      assert.equal(lines.filter((line) => line.includes('"table":"api"')).length, 600)
    }),
  )

  for (const [title, damage] of [
    ['cut off', (lines: string[]) => lines.slice(0, -1)],
    ['with a row missing', (lines: string[]) => lines.toSpliced(1, 1)],
    ['with a damaged line', (lines: string[]) => lines.with(1, '{"table"')],
    ['that is none', () => ['{}']],
    ['that is empty', () => []],
  ] as const) {
    test(
      `D25: a backup ${title} is refused, and leaves nothing`,
      withStorage(createDatabase, async (storage) => {
        await storage.apis.create(anApi())
        const damaged = damage(await linesOf(storage.dump(about)))
        const target = await createTarget()
        try {
          await assert.rejects(load(await target.connect(), from(damaged), options), refusal('bad_backup'))
          assert.deepEqual(await (await target.open()).apis.list({ limit: 10 }), [])
        } finally {
          await target.remove()
        }
      }),
    )
  }

  test(
    'D25: a database that is not empty is replaced only by force',
    withStorage(createDatabase, async (storage, database) => {
      await storage.apis.create(anApi())
      const backup = await linesOf(storage.dump(about))
      await storage.apis.create(anApi({ audience: 'urn:newer' }))
      const target = await database.connect()
      await assert.rejects(load(target, from(backup), options), refusal('already_exists'))
      assert.equal((await storage.apis.list({ limit: 10 })).length, 2)
      await storage.close()
      await load(target, from(backup), { ...options, force: true })
      assert.equal((await (await database.open()).apis.list({ limit: 10 })).length, 1)
    }),
  )

  test(
    'D25: a backup that a newer Credence made is refused',
    withStorage(createDatabase, async (storage) => {
      const [header = '', ...rows] = await linesOf(storage.dump(about))
      const newer = JSON.stringify({ ...JSON.parse(header), migrations: [...JSON.parse(header).migrations, 'newer'] })
      const target = await createDatabase()
      try {
        await assert.rejects(load(await target.connect(), from([newer, ...rows]), options), refusal('schema_too_new'))
      } finally {
        await target.remove()
      }
    }),
  )
}
