import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runD6 } from './d6_replay_over_replicas.ts'

test('D6, A1: one jti 200 times over three replicas: exactly one success', async () => {
  assert.deepEqual(await runD6(2), { successes: [1, 1], others: 0 })
})
