import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runD16 } from './d16_issuer_down.ts'

test('D16: with the issuer down for an hour, good tokens are accepted with cached keys and revoked ones stay refused', async () => {
  const found = await runD16(3)
  console.log('D16', found)
  assert.equal(found.calls, 180)
  assert.equal(found.accepted, found.calls)
  assert.equal(found.revokedRefused, found.revokedCalls)
  // tried again, and not with every call
  assert.ok(found.fetches >= 1 && found.fetches <= 2 * found.minutes, `${found.fetches} fetches`)
})
