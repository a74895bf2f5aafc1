/** The store on SQLite: the conformance suite, and what only a file can do. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { openStorage } from './open_storage.ts'
import { describeConformance } from './testing/conformance.ts'
import { anApi } from './testing/fixtures.ts'
import { createSqliteTestDatabase } from './testing/sqlite_database.ts'
import { refusal } from './testing/test_database.ts'

const folder = mkdtempSync(join(tmpdir(), 'credence-sqlite-'))
after(() => rmSync(folder, { recursive: true, force: true }))

let databases = 0
const newFile = () => {
  databases += 1
  return join(folder, `${databases}.db`)
}

const open = (file: string) => openStorage({ database: { kind: 'sqlite', file } })

describeConformance('SQLite', async () => createSqliteTestDatabase(newFile()))

test('the file and those beside it can be read by their owner alone', async () => {
  const own = join(folder, 'modes')
  mkdirSync(own)
  const storage = await open(join(own, 'credence.db'))
  await storage.apis.create(anApi())
  const modes = readdirSync(own).map((name) => `${name} ${(statSync(join(own, name)).mode & 0o777).toString(8)}`)
  await storage.close()
  assert.deepEqual(modes.toSorted(), ['credence.db 600', 'credence.db-shm 600', 'credence.db-wal 600'])
})

test('what is acknowledged is on the disk: WAL, synchronous FULL, foreign keys checked, tables strict', async () => {
  const file = newFile()
  const storage = await open(file)
  const plain = new DatabaseSync(file)
  assert.equal(plain.prepare('pragma journal_mode').get()?.journal_mode, 'wal')
  const loose = plain.prepare("select name from sqlite_schema where type = 'table' and sql not like '%strict%'").all()
  assert.deepEqual(loose, [])
  plain.close()
  await storage.close()
})

for (const [what, file, message] of [
  ['in a folder that does not exist', join(folder, 'missing', 'credence.db'), /folder .*missing does not exist/],
  ['that is a folder', folder, /is a folder/],
  ['that is something else', join(folder, 'text.db'), /text\.db: the file is not a database/],
] as const) {
  test(`a file ${what} is refused with what is wrong`, async () => {
    writeFileSync(join(folder, 'text.db'), 'Dear diary, today I was taken for a database. '.repeat(100))
    await assert.rejects(open(file), { ...refusal('unavailable'), message })
  })
}

test('a folder that cannot be written is refused with what is wrong', {
  skip: process.getuid?.() === 0 && 'root may write anywhere',
}, async () => {
  const readOnly = join(folder, 'read-only')
  mkdirSync(readOnly, { mode: 0o500 })
  await assert.rejects(open(join(readOnly, 'credence.db')), { ...refusal('unavailable'), message: /cannot be written/ })
})
