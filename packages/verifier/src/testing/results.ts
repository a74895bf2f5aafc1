/** What a test expects of a result: accepted, or refused in this way. */
import assert from 'node:assert/strict'
import type { Refusal } from '../refusal.ts'
import type { Accepted } from '../resource_server.ts'

export const accepted = (result: Accepted | Refusal): Accepted => {
  assert.ok(result.ok, result.ok ? '' : `${result.code}: ${result.description} ${result.detail ?? ''}`)
  return result
}

export const refused = (result: Accepted | Refusal, expected: Partial<Refusal>): Refusal => {
  assert.ok(!result.ok, 'accepted')
  for (const [name, value] of Object.entries(expected)) assert.equal(result[name as keyof Refusal], value, name)
  return result
}

export const refusedAsInvalid = (result: Accepted | Refusal, code: Refusal['code']): Refusal =>
  refused(result, { status: 401, error: 'invalid_token', code })
