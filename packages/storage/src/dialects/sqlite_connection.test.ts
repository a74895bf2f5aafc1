/** Statements are kept, to a bound, and SQLite's refusals come as StoreErrors. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { refusal } from '../testing/test_database.ts'
import { openSqliteConnection } from './sqlite_connection.ts'

const folder = mkdtempSync(join(tmpdir(), 'credence-connection-'))
const file = join(folder, 'test.db')
const connection = openSqliteConnection(file, { readOnly: false, busyTimeoutMs: 0 })
after(() => {
  connection.close()
  rmSync(folder, { recursive: true, force: true })
})

const run = (sql: string, ...parameters: readonly unknown[]) => connection.prepare(sql).run(parameters)

test('a statement is prepared once, until a hundred others were used since', () => {
  const first = connection.prepare('select 0')
  for (let other = 1; other < 100; other++) connection.prepare(`select ${other}`)
  assert.equal(connection.prepare('select 0'), first)
  for (let other = 1; other <= 100; other++) connection.prepare(`select ${other}`)
  assert.notEqual(connection.prepare('select 0'), first)
})

test('broken constraints: already_exists, not_found on insert, in_use on delete', () => {
  run('create table parent (id text primary key) strict, without rowid')
  run('create table child (id text references parent (id)) strict')
  run('insert into parent (id) values (?)', 'a')
  run('insert into child (id) values (?)', 'a')
  assert.throws(() => run('insert into parent (id) values (?)', 'a'), refusal('already_exists'))
  assert.throws(() => run('insert into child (id) values (?)', 'b'), refusal('not_found'))
  assert.throws(() => run('delete from parent'), refusal('in_use'))
})

test('another connection’s lock, a read-only connection and a closed one are unavailable', () => {
  run('begin immediate')
  const other = openSqliteConnection(file, { readOnly: false, busyTimeoutMs: 0 })
  assert.throws(() => other.prepare('begin immediate').run([]), refusal('unavailable'))
  run('rollback')
  other.close()
  assert.throws(() => other.prepare('select 1').all([]), refusal('unavailable'))
  const reader = openSqliteConnection(file, { readOnly: true, busyTimeoutMs: 0 })
  assert.throws(() => reader.prepare("insert into parent (id) values ('b')").run([]), refusal('unavailable'))
  reader.close()
})

test('a value that SQLite has no type for is a fault of the caller', () => {
  assert.throws(() => run('select ?', undefined), TypeError)
  assert.throws(() => run('select ?', true), TypeError)
})

test('a commit waits for the disk, and foreign keys are checked', () => {
  assert.deepEqual({ ...(connection.prepare('pragma synchronous').all([])[0] as object) }, { synchronous: 2 })
  assert.deepEqual({ ...(connection.prepare('pragma foreign_keys').all([])[0] as object) }, { foreign_keys: 1 })
})
