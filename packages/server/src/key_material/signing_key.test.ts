import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandomness } from '@credence/protocol'
import { createSealer } from './sealing.ts'
import { generateSigningKey } from './signing_key.ts'

test('signing keys: no key id begins with a dash, which a command line would take for an option', async () => {
  const sealer = createSealer(systemRandomness.bytes(32), systemRandomness)
  const kids = await Promise.all(
    Array.from({ length: 500 }, async () => (await generateSigningKey('ES256', sealer, 0)).kid),
  )
  assert.deepEqual(
    kids.filter((kid) => kid.startsWith('-')),
    [],
  )
})
