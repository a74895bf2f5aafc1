/** The store on PostgreSQL: the conformance suite, and what only a server can do. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { inspect } from 'node:util'
import { CompiledQuery } from 'kysely'
import { createPostgresDriver } from './dialects/postgres_driver.ts'
import { openStorage } from './open_storage.ts'
import { StoreError } from './store_error.ts'
import { killAuditWriters } from './testing/audit_kills.ts'
import { describeConformance } from './testing/conformance.ts'
import { describeBackup } from './testing/conformance_backup.ts'
import { createNoticeCounter, describeChangeNotices } from './testing/conformance_change_notices.ts'
import { startPostgres, type TestPostgres } from './testing/embedded_postgres.ts'
import { anApi, ordersAudience } from './testing/fixtures.ts'
import { createPostgresTestDatabase } from './testing/postgres_database.ts'
import { createSqliteTestDatabase } from './testing/sqlite_database.ts'
import { refusal } from './testing/test_database.ts'

let server: TestPostgres
before(async () => {
  server = await startPostgres()
})
after(() => server.stop())

const createDatabase = async () => createPostgresTestDatabase(await server.createDatabase())

describeConformance('PostgreSQL', createDatabase)
describe('PostgreSQL tells of changes', () => {
  describeChangeNotices(createDatabase)

  test('a connection that is lost is made again, and the first thing told is that something may have been missed', async () => {
    const database = await createDatabase()
    const storage = await database.open()
    const notices = createNoticeCounter()
    const connected = notices.next()
    const stop = storage.watchChanges(notices.onChange)
    await connected
    const again = notices.next()
    await database.execute(
      "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen %' and datname = current_database()",
    )
    await again
    const told = notices.next()
    await storage.apis.create(anApi())
    await told
    stop()
    await database.remove()
  })
})

const folder = mkdtempSync(join(tmpdir(), 'credence-move-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const createFile = async () => createSqliteTestDatabase(join(folder, `${randomUUID()}.db`))

describe('a backup moves an installation from SQLite to PostgreSQL', () => describeBackup(createFile, createDatabase))
describe('a backup moves an installation from PostgreSQL to SQLite', () => describeBackup(createDatabase, createFile))

test('D3: kill -9 in the middle of a batch of audit records leaves a log that verifies', async () =>
  killAuditWriters({ kind: 'postgres', url: await server.createDatabase() }))

const open = (url: string) => openStorage({ database: { kind: 'postgres', url } })

describe('a PostgreSQL that cannot be reached', () => {
  for (const [what, url] of [
    ['nobody listens', 'postgres://someone:hunter2@127.0.0.1:1/credence'],
    ['the URL cannot be read', 'postgres://someone:hunter2@127.0.0.1:port/credence'],
  ] as const) {
    test(`${what}: unavailable, and the password is in no error`, async () => {
      const error = await open(url).then(
        () => assert.fail('opened'),
        (error: unknown) => error,
      )
      assert.ok(error instanceof StoreError)
      assert.equal(error.code, 'unavailable')
      assert.doesNotMatch(inspect(error, { depth: 10, showHidden: true }), /hunter2/)
    })
  }

  test('there is no such database: unavailable, and says so', async () => {
    const url = new URL('/no_such_database', server.url).href
    await assert.rejects(open(url), { ...refusal('unavailable'), message: /no_such_database/ })
  })
})

test('a connection on which a statement got no answer is not used again', async () => {
  const limits = { connectMs: 5_000, statementMs: 0, answerMs: 50, idleMs: 5_000 }
  const driver = createPostgresDriver({ url: server.url, size: 1, ...limits })
  const run = async (statement: string) => {
    const connection = await driver.acquireConnection()
    try {
      return await connection.executeQuery<{ pid: number }>(CompiledQuery.raw(statement))
    } finally {
      await driver.releaseConnection(connection)
    }
  }
  const pid = async () => (await run('select pg_backend_pid() as pid')).rows[0]?.pid
  const before = await pid()
  assert.equal(await pid(), before)
  await assert.rejects(run('select pg_sleep(5)'), refusal('unavailable'))
  assert.notEqual(await pid(), before)
  await driver.destroy()
})

test('a commit that PostgreSQL answers by rolling back is not taken for one', async () => {
  const limits = { connectMs: 5_000, statementMs: 5_000, answerMs: 6_000, idleMs: 5_000 }
  const driver = createPostgresDriver({ url: server.url, size: 1, ...limits })
  const connection = await driver.acquireConnection()
  await driver.beginTransaction(connection, {})
  await assert.rejects(connection.executeQuery(CompiledQuery.raw('select 1 / 0')))
  await assert.rejects(driver.commitTransaction(connection), refusal('unavailable'))
  await driver.releaseConnection(connection)
  await driver.destroy()
})

test('a connection that the server ends is an error of the statement on it, and the next one works', async () => {
  const database = await createDatabase()
  const storage = await database.open()
  const endOthers =
    'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()'
  await storage.ping()
  const cut = storage.transaction(async ({ apis }) => {
    await apis.create(anApi())
    await database.execute(endOthers)
    await apis.update(anApi())
  })
  await assert.rejects(cut, refusal('unavailable'))
  assert.equal(await storage.apis.find(ordersAudience), undefined)
  await storage.apis.create(anApi())
  await database.remove()
})
