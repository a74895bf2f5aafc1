import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { DatabaseLocation } from '@credence/storage'
import { startPostgres, type TestPostgres } from '../../packages/storage/src/testing/embedded_postgres.ts'
import { startCredence, type TestClient } from '../support/credence.ts'
import type { HttpAnswer } from '../support/http.ts'
import { exerciseEverything } from './canary_actions.ts'
import { failStatements, plant, readCluster } from './canary_postgres.ts'
import { type Canary, findCanaries, type Place, spellings } from './canary_search.ts'
import { openSecrets } from './canary_secrets.ts'

const readFolder = async (folder: string): Promise<readonly Place[]> =>
  Promise.all(
    (await readdir(folder, { withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(async ({ name }) => ({ name, kind: 'stored', bytes: await readFile(join(folder, name)) })),
  )

const said = (name: string, texts: readonly string[]): readonly Place[] =>
  texts.map((text) => ({ name, kind: 'said', bytes: Buffer.from(text) }))

const textOf = ({ headers, body }: HttpAnswer) => `${JSON.stringify(headers)}\n${body}`

/** Everything that a server on a database has said and stored, and where in it the canaries stand. */
const runCanary = async (database?: { readonly url: string; readonly cluster: TestPostgres }) => {
  const masterKey = randomBytes(32)
  const credence = await startCredence({
    args: ['--log-level', 'debug', ...(database === undefined ? [] : ['--database-url', database.url])],
    environment: { CREDENCE_MASTER_KEY: masterKey.toString('base64') },
  })
  after(credence.dispose)
  const { answers, client, ...exercised } = await exerciseEverything(credence)
  await credence.stop()
  const location: DatabaseLocation =
    database === undefined
      ? { kind: 'sqlite', file: join(credence.data, 'credence.db') }
      : { kind: 'postgres', url: database.url }
  // before another process opens the database, and tidies up behind it
  const files = await readFolder(credence.data)
  const opened = await openSecrets(location, { masterKey, client })
  if (database !== undefined) await failStatements(database.url, opened.digest)
  const audited = opened.auditRecords.map((record) => JSON.stringify(record))
  const places: readonly Place[] = [
    ...said('the output', [credence.output()]),
    ...said('an answer', answers.map(textOf)),
    ...said('the audit log', audited),
    ...files,
    { name: 'a backup', kind: 'stored', bytes: Buffer.from(opened.backup) },
    ...(database === undefined ? [] : await readCluster(database.cluster)),
  ]
  const canaries: readonly Canary[] = [...exercised.canaries, ...opened.canaries, ...publicOnes(client), ...planted]
  const found = findCanaries(canaries, places)
  /** The names of the places where it stands, of all or of one kind. */
  const where = (title: string, kind?: Place['kind']): readonly string[] =>
    [...(found.get(title) ?? assert.fail(title))]
      .filter((place) => kind === undefined || place.kind === kind)
      .map(({ name }) => name)
  return { answers, opened, files, canaries, where }
}

/** What is no secret shows that each place is searched. */
const publicOnes = ({ credential_id }: TestClient): readonly Canary[] => [
  { title: 'the id of a credential', kind: 'public', secrets: [credential_id] },
  { title: 'why a secret is refused', kind: 'public', secrets: ['wrong secret for a known credential id'] },
]

/** One for each spelling, written into PostgreSQL in that spelling alone. */
const planted = spellings(randomBytes(32)).map(
  (_, index): Canary => ({ title: `planted in spelling ${index}`, kind: 'public', secrets: [randomBytes(32)] }),
)

const describeCanaries = ({ answers, opened, files, canaries, where }: Run, database: RegExp) => {
  test('there was something to search: output, answers and an audit log that tell of the client, and its database', () => {
    assert.ok(answers.length > 30 && answers.filter(({ status }) => status === 200).length > 10)
    assert.ok(where('why a secret is refused').includes('the output'))
    const places = where('the id of a credential')
    for (const name of ['an answer', 'the audit log', 'a backup']) assert.ok(places.includes(name), name)
    assert.match(places.join('\n'), database)
  })

  test('A9: the audit log tells of every failure and change', () => {
    const actions = new Set(opened.auditRecords.map(({ action }) => action))
    for (const action of ['client.create', 'client.update', 'api.update', 'client.authenticate', 'backup.read'])
      assert.ok(actions.has(action), action)
    assert.ok(opened.auditRecords.some(({ actor }) => actor === 'claimed:canary'))
  })

  for (const { title, kind } of canaries) {
    if (kind === 'secret')
      test(`A9: ${title} is in no output, answer, audit record, backup or file`, () => {
        assert.deepEqual(where(title), [])
      })
    if (kind === 'sealed')
      test(`A9: ${title} is in the database, and in no output, answer or audit record`, () => {
        assert.match(where(title, 'stored').join('\n'), database)
        assert.deepEqual(where(title, 'said'), [])
      })
  }

  test('A9: the master key of the environment is not kept in a file of its own', () => {
    assert.ok(!files.some(({ name }) => name === 'master.key'))
  })

  test('A11: pepper, cursor key and master key are three different keys', () => {
    const { serverKeys, masterKey } = opened
    const keys = [serverKeys.client_secret_pepper, serverKeys.page_cursor, masterKey].map((key) => key.toString('hex'))
    assert.equal(new Set(keys).size, 3)
    for (const key of keys) assert.equal(key.length, 64)
  })
}

type Run = Awaited<ReturnType<typeof runCanary>>

const runOnPostgres = async () => {
  const cluster = await startPostgres()
  after(cluster.stop)
  const url = await cluster.createDatabase()
  await plant(
    url,
    planted.flatMap(({ secrets }, index) => secrets.flatMap((secret) => spellings(secret).slice(index, index + 1))),
  )
  return { cluster, ...(await runCanary({ url, cluster })) }
}

const [sqlite, postgres] = await Promise.all([runCanary(), runOnPostgres()])

describe('over SQLite', () => describeCanaries(sqlite, /credence\.db/))

describe('over PostgreSQL', () => {
  describeCanaries(postgres, /PostgreSQL’s base\//)

  test('what is planted in any spelling is found in the tables and in the write-ahead log', () => {
    for (const { title } of planted) {
      const places = postgres.where(title).join('\n')
      assert.match(places, /PostgreSQL’s base\//, title)
      assert.match(places, /PostgreSQL’s pg_wal\//, title)
    }
  })

  test('what PostgreSQL quotes of a row that it refuses is found in its log, which tells of the other failures too', () => {
    assert.ok(postgres.where('planted in spelling 0').includes('PostgreSQL’s log'))
    for (const told of [/duplicate key/, /statement timeout/, /terminating connection/, /not-null constraint/])
      assert.match(postgres.cluster.log(), told)
  })
})
