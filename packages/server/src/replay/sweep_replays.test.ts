import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, createSteadyClock } from '@credence/protocol'
import type { ReplayClaim, ReplayStore } from '@credence/storage'
import { sweepBatch, sweepReplays } from './sweep_replays.ts'

const createStore = (claims: readonly ReplayClaim[]) => {
  const entries = new Map(claims.map(({ entry, expiresAt }) => [entry, expiresAt]))
  const batches: number[] = []
  const store: Pick<ReplayStore, 'deleteExpired'> = {
    async deleteExpired(now, limit) {
      const expired = [...entries].filter(([, expiresAt]) => expiresAt <= now).slice(0, limit)
      for (const [entry] of expired) entries.delete(entry)
      batches.push(expired.length)
      return expired.length
    },
  }
  return { store, entries, batches }
}

const many = (count: number, expiresAt: number) =>
  Array.from({ length: count }, (_, index) => ({ entry: `${expiresAt}-${index}`, expiresAt }))

const fixed = (now: number) => ({ epochSeconds: () => now })

test('a round takes what has expired, in small batches, and nothing else', async () => {
  const { store, entries, batches } = createStore([...many(600, 100), ...many(3, 101)])
  assert.equal(await sweepReplays({ store, clock: fixed(100) }), 600)
  assert.deepEqual(batches, [sweepBatch, sweepBatch, 100])
  assert.equal(entries.size, 3)
})

test('requests come between two batches', async () => {
  const { store, batches } = createStore(many(3 * sweepBatch, 100))
  const seen: number[] = []
  const watch = () => {
    seen.push(batches.length)
    if (batches.length < 3) setImmediate(watch)
  }
  setImmediate(watch)
  await sweepReplays({ store, clock: fixed(100) })
  assert.ok(seen.includes(1) && seen.includes(2), `${seen}`)
})

test('D17: a clock that steps an hour ahead drops nothing early, and what time really passes still takes its own', async () => {
  let wall = 1_000
  let monotonicMs = 0
  const clock: Clock = { epochSeconds: () => wall, monotonicMs: () => monotonicMs }
  const steady = createSteadyClock(clock)
  const { store, entries } = createStore([...many(1, 1_060), ...many(1, 1_300)])
  wall += 3_600
  assert.equal(await sweepReplays({ store, clock: steady }), 0)
  monotonicMs += 60_000
  wall += 60
  assert.equal(await sweepReplays({ store, clock: steady }), 1)
  // back again: the assertion that lives until 1,300 is still known to have been used
  wall -= 3_600
  assert.equal(await sweepReplays({ store, clock: steady }), 0)
  assert.deepEqual([...entries.keys()], ['1300-0'])
})
