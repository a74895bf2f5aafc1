import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { createKeyedDigest } from './keyed_digest.ts'

test('RFC 2104 §2: the digest is the HMAC-SHA-256 that node:crypto makes, whatever the key and the message', () => {
  const keys = fc.uint8Array({ maxLength: 64 })
  const messages = fc.array(fc.string({ unit: 'binary', maxLength: 500 }), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(keys, messages, (key, texts) => {
      const digest = createKeyedDigest(key)
      // one after the other: nothing of a message may be left for the next
      for (const text of texts) assert.deepEqual(digest(text), createHmac('sha256', key).update(text).digest())
    }),
  )
})

test('RFC 2104 §3: a key longer than a block is refused', () => {
  assert.throws(() => createKeyedDigest(Buffer.alloc(65)), RangeError)
})
