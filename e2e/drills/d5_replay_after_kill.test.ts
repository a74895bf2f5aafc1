import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runD5 } from './d5_replay_after_kill.ts'

test('D5, A1: kill -9 after an assertion was used, then replay: refused', async (t) => {
  const found = await runD5(2)
  t.diagnostic(JSON.stringify(found))
  assert.ok(found.used >= 40)
  assert.equal(found.replayed, 0)
})
