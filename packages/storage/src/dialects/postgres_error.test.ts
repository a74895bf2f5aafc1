/** What pg throws comes as a StoreError where a caller can do something about it, and without the row. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreError } from '../store_error.ts'
import { postgresError } from './postgres_error.ts'

const databaseError = (code: string) => Object.assign(new Error('refused'), { code, detail: 'Key (x)=(secret)' })

for (const [code, sql, expected] of [
  ['23505', 'insert into client', 'already_exists'],
  ['23503', 'insert into credential', 'not_found'],
  ['23503', 'delete from "api"', 'in_use'],
  ['23001', 'delete from "api"', 'in_use'],
  ['57P01', 'select', 'unavailable'],
  ['57014', 'select', 'unavailable'],
  ['53300', '', 'unavailable'],
  ['53100', 'insert', 'unavailable'],
  ['28P01', '', 'unavailable'],
  ['25006', 'insert', 'unavailable'],
  ['ECONNREFUSED', '', 'unavailable'],
  ['', 'select', 'unavailable'],
] as const) {
  test(`${code === '' ? 'a timeout of the driver' : code}${sql === '' ? '' : ` at ${sql}`} is ${expected}`, () => {
    const error = postgresError(databaseError(code), sql)
    assert.ok(error instanceof StoreError)
    assert.equal(error.code, expected)
  })
}

test('a fault in our SQL stays what it is, without the row that PostgreSQL quotes', () => {
  const error = databaseError('23502')
  assert.equal(postgresError(error, 'insert'), error)
  assert.equal(error.detail, undefined)
  const bug = new TypeError('bug')
  assert.equal(postgresError(bug, ''), bug)
})
