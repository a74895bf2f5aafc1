import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../tables/schema.ts'
import { openSqlite } from './sqlite.ts'

const folder = mkdtempSync(join(tmpdir(), 'credence-sqlite-dialect-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const [normal, full] = [1, 2]

const synchronousOf = async (db: Kysely<Schema>) => {
  const { rows } = await sql<{ synchronous: number }>`pragma synchronous`.execute(db)
  return rows[0]?.synchronous
}

test('only what may be lost with the machine is written without waiting for the disk, whether it succeeds or not', async () => {
  const database = await openSqlite(join(folder, 'credence.db'))
  const { writer } = database
  assert.equal(await synchronousOf(writer), full)
  for (const lend of [database.append, database.relaxed]) {
    assert.equal(await lend(synchronousOf), normal)
    assert.equal(await synchronousOf(writer), full)
    await assert.rejects(
      lend(() => Promise.reject(new Error('no'))),
      /no/,
    )
    assert.equal(await synchronousOf(writer), full)
  }
  const inTransaction = (db: Kysely<Schema>) => db.transaction().execute(synchronousOf)
  assert.equal(await database.relaxed(inTransaction), normal)
  await assert.rejects(
    database.relaxed((db) => db.transaction().execute(() => Promise.reject(new Error('no')))),
    /no/,
  )
  assert.equal(await writer.transaction().execute(synchronousOf), full)
  await writer.destroy()
  await database.reader.destroy()
})
