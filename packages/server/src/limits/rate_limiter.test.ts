import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createRateLimiter, retryAfter } from './rate_limiter.ts'

const createTimed = (capacity = 100) => {
  let nowMs = 0
  const clock = { epochSeconds: () => 0, monotonicMs: () => nowMs }
  const pass = (ms: number) => {
    nowMs += ms
  }
  return { limiter: createRateLimiter({ clock, capacity }), pass, now: () => nowMs }
}

const perMinutes = fc.integer({ min: 1, max: 300 })
const pauses = fc.array(
  fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 90_000 })),
  {
    maxLength: 400,
  },
)

test('rate limiter: in any window there are never more than the rate × its length and one minute’s worth', () => {
  fc.assert(
    fc.property(perMinutes, pauses, (perMinute, waits) => {
      const { limiter, pass, now } = createTimed()
      const taken: number[] = []
      for (const wait of waits) {
        pass(wait)
        if (limiter.take('a', perMinute) === 0) taken.push(now())
      }
      for (const [first, start] of taken.entries()) {
        for (const [ahead, end] of taken.slice(first).entries()) {
          const most = ((end - start) / 60_000) * perMinute + perMinute
          assert.ok(ahead + 1 <= most + 1e-6, `${ahead + 1} in ${end - start} ms, at most ${most}`)
        }
      }
    }),
  )
})

test('rate limiter: who keeps to the rate, or comes back when told, is never refused', () => {
  fc.assert(
    fc.property(perMinutes, fc.integer({ min: 1, max: 500 }), (perMinute, times) => {
      const { limiter, pass } = createTimed()
      for (let made = 0; made < times; made++) {
        assert.equal(limiter.take('steady', perMinute), 0)
        const waitMs = limiter.take('greedy', perMinute)
        if (made >= 2 * perMinute) assert.equal(limiter.take('steady again', perMinute), 0)
        pass(60_000 / perMinute)
        if (waitMs > 0) assert.ok(waitMs <= 60_000 / perMinute + 1e-6)
      }
      while (limiter.take('empty', perMinute) === 0);
      const waitMs = limiter.take('empty', perMinute)
      pass(waitMs - 1)
      assert.ok(waitMs < 1 || limiter.take('empty', perMinute) > 0)
      pass(1)
      assert.equal(limiter.take('empty', perMinute), 0)
    }),
  )
})

test('rate limiter: a minute’s worth at once, and each key for itself', () => {
  const { limiter, pass } = createTimed()
  assert.deepEqual(
    [1, 2, 3, 4].map(() => limiter.take('a', 3)),
    [0, 0, 0, 20_000],
  )
  assert.equal(limiter.take('b', 3), 0)
  pass(20_000)
  assert.deepEqual(
    [1, 2].map(() => limiter.take('a', 3)),
    [0, 20_000],
  )
  pass(3_600_000)
  assert.deepEqual(
    [1, 2, 3, 4].map(() => limiter.take('a', 3)),
    [0, 0, 0, 20_000],
  )
})

test('rate limiter: a quota that is lowered keeps nobody waiting for more than a minute', () => {
  const { limiter } = createTimed()
  for (let made = 0; made < 600; made++) limiter.take('a', 600)
  assert.ok(limiter.take('a', 1) <= 60_000)
})

test('rate limiter: no more keys are remembered than there may be', () => {
  const { limiter } = createTimed(10)
  limiter.take('first', 1)
  for (let other = 0; other < 50; other++) limiter.take(`${other}`, 1)
  assert.equal(limiter.take('first', 1), 0)
})

test('RFC 9110 §10.2.3: Retry-After is whole seconds, and enough of them', () => {
  assert.deepEqual([0.1, 1000, 1001].map(retryAfter), [
    { 'Retry-After': '1' },
    { 'Retry-After': '1' },
    { 'Retry-After': '2' },
  ])
})
