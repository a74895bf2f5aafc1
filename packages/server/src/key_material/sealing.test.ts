import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { systemRandomness } from '@credence/protocol'
import { createSealer, UnsealError } from './sealing.ts'

const secret = Buffer.from('a private key')

test('sealing: opens with the same key and context, and shows nothing of what is sealed', () => {
  const sealer = createSealer(randomBytes(32), systemRandomness)
  const sealed = sealer.seal(secret, 'purpose')
  assert.deepEqual(sealer.open(sealed, 'purpose'), secret)
  assert.equal(Buffer.from(sealed).includes(secret), false)
  assert.notDeepEqual(sealer.seal(secret, 'purpose'), sealed)
})

test('sealing: another key, another context, or any changed bit is refused', () => {
  const sealer = createSealer(randomBytes(32), systemRandomness)
  const sealed = sealer.seal(secret, 'purpose')
  assert.throws(() => createSealer(randomBytes(32), systemRandomness).open(sealed, 'purpose'), UnsealError)
  assert.throws(() => sealer.open(sealed, 'another purpose'), UnsealError)
  for (let index = 0; index < sealed.length; index++) {
    const changed = Uint8Array.from(sealed)
    changed[index] = (changed[index] ?? 0) ^ 1
    assert.throws(() => sealer.open(changed, 'purpose'), UnsealError, `byte ${index}`)
  }
  for (const length of [0, 1, 28]) assert.throws(() => sealer.open(sealed.subarray(0, length), 'purpose'), UnsealError)
})
