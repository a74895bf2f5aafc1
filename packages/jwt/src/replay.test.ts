import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createMemoryReplayStore, ReplayStoreFull, replayKey } from './replay.ts'
import { createTestClock } from './testing/test_issuer.ts'

describe('createMemoryReplayStore', () => {
  it('A1: of 200 claims of the same key one succeeds', async () => {
    const clock = createTestClock()
    const store = createMemoryReplayStore({ clock })
    const results = await Promise.all(
      Array.from({ length: 200 }, async () => store.claim('key', clock.epochSeconds() + 60)),
    )
    assert.equal(results.filter(Boolean).length, 1)
  })

  it('keeps a key until it expires, and not longer', () => {
    const clock = createTestClock()
    const store = createMemoryReplayStore({ clock })
    const now = clock.epochSeconds()
    assert.equal(store.claim('a', now + 60), true)
    clock.advance(59)
    assert.equal(store.claim('a', now + 200), false)
    clock.advance(1)
    assert.equal(store.claim('a', now + 200), true)
    assert.equal(store.size, 1)
  })

  it('forgets what has expired whenever anything is claimed, so that it does not grow', () => {
    const clock = createTestClock()
    const store = createMemoryReplayStore({ clock })
    for (let second = 0; second < 600; second++) {
      for (let n = 0; n < 10; n++) store.claim(`${second} ${n}`, clock.epochSeconds() + 60)
      clock.advance(1)
    }
    assert.ok(store.size <= 600, `${store.size}`)
  })

  it('full of live entries it refuses, rather than forget one that could be used again', () => {
    const clock = createTestClock()
    const store = createMemoryReplayStore({ clock, maxEntries: 3 })
    const expires = clock.epochSeconds() + 60
    for (const key of ['a', 'b', 'c']) assert.equal(store.claim(key, expires), true)
    assert.throws(() => store.claim('d', expires), ReplayStoreFull)
    assert.equal(store.claim('a', expires), false)
    assert.equal(store.size, 3)
    clock.advance(60)
    assert.equal(store.claim('d', expires + 60), true)
    for (const maxEntries of [0, -1, 1.5])
      assert.throws(() => createMemoryReplayStore({ clock, maxEntries }), RangeError)
  })

  it('property: a key is free exactly when it was never claimed or its claim has expired', () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      lives: fc.integer({ min: 1, max: 20 }),
      pause: fc.nat(8),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const clock = createTestClock()
        const store = createMemoryReplayStore({ clock })
        const model = new Map<string, number>()
        for (const { key, lives, pause } of steps) {
          clock.advance(pause)
          const now = clock.epochSeconds()
          const isFree = (model.get(key) ?? now) <= now
          assert.equal(store.claim(key, now + lives), isFree)
          if (isFree) model.set(key, now + lives)
        }
      }),
    )
  })
})

describe('replayKey', () => {
  it('V14: is made of the owner and the jti alone, and no two pairs are one', () => {
    assert.equal(replayKey('https://auth.example.com', 'a'), replayKey('https://auth.example.com', 'a'))
    assert.notEqual(replayKey('ab', 'c'), replayKey('a', 'bc'))
    assert.notEqual(replayKey('a', '1:b'), replayKey('a1', 'b'))
    assert.match(replayKey('a', 'x'.repeat(10_000)), /^[A-Za-z0-9_-]{43}$/)
  })
})
