/** All that a PostgreSQL cluster has written: its files, byte by byte, and its log. */
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { TestPostgres } from '../../packages/storage/src/testing/embedded_postgres.ts'
import { executeOnPostgres } from '../../packages/storage/src/testing/postgres_database.ts'
import type { Place } from './canary_search.ts'

const page = 8_192

/** A record of the write-ahead log goes on behind the header of the next page, which would cut a canary in two. */
const withoutPageHeaders = (segment: Buffer): Buffer =>
  Buffer.concat(
    Array.from({ length: segment.length / page }, (_, index) =>
      segment.subarray(index * page + (index === 0 ? 40 : 24), (index + 1) * page),
    ),
  )

const isSegment = /^pg_wal\/[0-9A-F]{24}$/

/** Writes down what the server still holds in memory, and reads every file of the cluster and the log. */
export const readCluster = async ({ url, data, log }: TestPostgres): Promise<readonly Place[]> => {
  await executeOnPostgres(url, 'checkpoint')
  const files = (await readdir(data, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const stored = await Promise.all(
    files.map(async (entry): Promise<Place> => {
      const path = join(entry.parentPath, entry.name)
      const name = relative(data, path)
      const bytes = await readFile(path)
      return {
        name: `PostgreSQL’s ${name}`,
        kind: 'stored',
        bytes: isSegment.test(name) ? withoutPageHeaders(bytes) : bytes,
      }
    }),
  )
  return [...stored, { name: 'PostgreSQL’s log', kind: 'said', bytes: Buffer.from(log()) }]
}

/** Runs a statement that the server must end with an error of this SQLSTATE, and so writes to its log. */
const failSql = async (url: string, code: string, [text, value]: readonly [string, Uint8Array]): Promise<void> => {
  await assert.rejects(executeOnPostgres(url, text, [value]), { code })
}

/** What PostgreSQL logs because it failed: of a twin, of a statement that it stopped, of one whose connection it ended. */
export const failStatements = async (url: string, digest: Uint8Array): Promise<void> => {
  const twin = 'insert into credential select * from credential where secret_digest = $1::bytea'
  await failSql(url, '23505', [twin, digest])
  const impatient = `${url}?options=${encodeURIComponent('-c statement_timeout=20')}`
  await failSql(impatient, '57014', ['select pg_sleep(30), $1::bytea', digest])
  await failSql(url, '57P01', ['select pg_terminate_backend(pg_backend_pid()), pg_sleep(30), $1::bytea', digest])
}

/** Stores bytes as they are, and makes PostgreSQL quote the first of them in its log, as a row that it refuses. */
export const plant = async (url: string, [first, ...others]: readonly Uint8Array[]): Promise<void> => {
  assert.ok(first !== undefined)
  await executeOnPostgres(url, 'create table planted (bytes bytea not null, more text not null)')
  for (const bytes of [first, ...others]) await executeOnPostgres(url, "insert into planted values ($1, '')", [bytes])
  await failSql(url, '23502', ['insert into planted values ($1, null)', first])
}
