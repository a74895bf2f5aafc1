import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createDpopNonces } from './dpop_nonce.ts'
import { createTestClock } from './testing/test_issuer.ts'

const key = Buffer.alloc(32, 7)

describe('createDpopNonces', () => {
  it('RFC 9449 §8: a nonce is good in its window and in the next, and then no more', () => {
    const clock = createTestClock(1_790_000_040)
    const nonces = createDpopNonces({ clock, key, rotateAfterSeconds: 120 })
    const nonce = nonces.current()
    assert.match(nonce, /^[A-Za-z0-9_-]{22}$/)
    assert.equal(nonces.current(), nonce)
    clock.advance(120)
    assert.notEqual(nonces.current(), nonce)
    assert.ok(nonces.isFresh(nonce) && nonces.isFresh(nonces.current()))
    clock.advance(120)
    assert.equal(nonces.isFresh(nonce), false)
  })

  it('RFC 9449 §8: nothing is remembered: replicas with the same key know each other’s, and nobody else does', () => {
    const clock = createTestClock()
    const [one, two, other] = [key, key, undefined].map((key) => createDpopNonces({ clock, ...(key && { key }) }))
    assert.ok(two?.isFresh(one?.current() ?? ''))
    assert.equal(other?.isFresh(one?.current() ?? ''), false)
    assert.equal(one?.isFresh(other?.current() ?? ''), false)
  })

  it('a nonce of the future, or of any other form, is not fresh', () => {
    const clock = createTestClock()
    const nonces = createDpopNonces({ clock, key })
    const ahead = createTestClock(clock.epochSeconds() + 120)
    assert.equal(nonces.isFresh(createDpopNonces({ clock: ahead, key }).current()), false)
    for (const nonce of ['', 'a', `${nonces.current()}=`, '\u00e9'.repeat(22), 'x'.repeat(8000)]) {
      assert.equal(nonces.isFresh(nonce), false)
    }
  })

  it('refuses a short key and a window out of range', () => {
    const clock = createTestClock()
    assert.throws(() => createDpopNonces({ clock, key: Buffer.alloc(31) }), RangeError)
    for (const rotateAfterSeconds of [9, 3601, Number.NaN]) {
      assert.throws(() => createDpopNonces({ clock, rotateAfterSeconds }), RangeError)
    }
  })
})
