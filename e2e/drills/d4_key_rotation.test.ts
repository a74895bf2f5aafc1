import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runD4 } from './d4_key_rotation.ts'

test('D4: kill -9 at each step of a key rotation: an active key always, every unexpired kid in the key set', async () => {
  const { kills, signatures, keysSeen, unexpiredChecked } = await runD4({ rounds: 1, randomKills: 2 })
  assert.ok(kills === 14 && signatures > 50 && keysSeen > 5 && unexpiredChecked > 4)
})
