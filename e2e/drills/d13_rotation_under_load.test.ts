import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runD13 } from './d13_rotation_under_load.ts'

test('D13: a signing key rotated under load: no verification fails, with our verifier or with jose', async () => {
  const { tokens, verifications, failures, keysSeen } = await runD13({ rotations: 1, load: 2 })
  assert.deepEqual(failures, [])
  assert.equal(keysSeen, 2)
  assert.ok(tokens > 300 && verifications > 1_000, `${tokens} tokens, ${verifications} verifications`)
})
