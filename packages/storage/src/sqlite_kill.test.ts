/** The store on SQLite under kill -9. D3 and D24 of the fault drills, the short form. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { openStorage } from './open_storage.ts'
import { killAuditWriters } from './testing/audit_kills.ts'
import { startChild } from './testing/child.ts'

const folder = mkdtempSync(join(tmpdir(), 'credence-kill-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const kills = 10

test('D3: kill -9 during writes loses nothing that was acknowledged', async () => {
  const file = join(folder, 'writes.db')
  const acknowledged: string[] = []
  for (let round = 0; round < kills; round++) {
    const child = startChild('writing_child.ts', file, `round-${round}`, '100000')
    for (let line = 0; line <= round * 3; line++) {
      const clientId = await child.nextLine()
      assert.ok(clientId)
      acknowledged.push(clientId)
    }
    acknowledged.push(...(await child.kill()))
  }
  const storage = await openStorage({ database: { kind: 'sqlite', file } })
  for (const clientId of acknowledged) assert.ok(await storage.clients.find(clientId), clientId)
  // At most one write a round was under way when the process was killed: stored, or not, but whole.
  const stored = await storage.changes.latest()
  assert.ok(stored >= acknowledged.length && stored <= acknowledged.length + kills)
  assert.equal((await storage.clients.list({ limit: stored + 1 })).length, stored)
  await storage.close()
  const plain = new DatabaseSync(file)
  assert.deepEqual({ ...plain.prepare('pragma integrity_check').get() }, { integrity_check: 'ok' })
  plain.close()
})

test('D24: kill -9 midway through a migration: the file still opens, and nothing of it is left', async () => {
  const file = join(folder, 'migration.db')
  const child = startChild('migrating_child.ts', file)
  assert.equal(await child.nextLine(), 'midway')
  await child.kill()
  const storage = await openStorage({ database: { kind: 'sqlite', file } })
  assert.equal(await storage.changes.latest(), 0)
  await storage.close()
  const plain = new DatabaseSync(file)
  assert.equal(plain.prepare("select count(*) as found from sqlite_schema where name = 'second'").get()?.found, 0)
  plain.close()
})

test('several processes that open and write a new file at once lose nothing', async () => {
  const file = join(folder, 'together.db')
  const each = 20
  const children = ['a', 'b', 'c'].map((prefix) => startChild('writing_child.ts', file, prefix, `${each}`))
  for (const child of children) assert.equal(await child.ended, 0)
  const storage = await openStorage({ database: { kind: 'sqlite', file } })
  assert.equal((await storage.clients.list({ limit: 100 })).length, children.length * each)
  assert.equal(await storage.changes.latest(), children.length * each)
  await storage.close()
})

test('D3: kill -9 in the middle of a batch of audit records leaves a log that verifies', () =>
  killAuditWriters({ kind: 'sqlite', file: join(folder, 'audit.db') }))
