import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ReplayClaim, StoreError } from '@credence/storage'
import { createClaimQueue } from './claim_queue.ts'

const claimOf = (entry: string): ReplayClaim => ({ entry, expiresAt: 1 })

/** A store that remembers what it was asked, and answers when it is told to. */
const createStore = () => {
  const claimed = new Set<string>()
  const writes: number[] = []
  const held: (() => void)[] = []
  return {
    writes,
    held,
    holds: false,
    async claim(claims: readonly ReplayClaim[]) {
      writes.push(claims.length)
      if (this.holds) await new Promise<void>((resolve) => held.push(resolve))
      return claims.map(({ entry }) => {
        const free = !claimed.has(entry)
        claimed.add(entry)
        return free
      })
    },
  }
}

test('claims of one turn are one write, and each request gets its own answer', async () => {
  const store = createStore()
  const queue = createClaimQueue(store)
  const answers = await Promise.all([
    queue.claim([claimOf('a')]),
    queue.claim([claimOf('b'), claimOf('c')]),
    queue.claim([claimOf('a')]),
  ])
  assert.deepEqual(answers, [[true], [true, true], [false]])
  assert.deepEqual(store.writes, [4])
  assert.equal(queue.waiting, 0)
})

test('what comes while a write is under way goes into the next, so many at a time', async () => {
  const store = createStore()
  const queue = createClaimQueue(store, { mostTogether: 10 })
  store.holds = true
  const first = queue.claim([claimOf('first')])
  await new Promise((resolve) => setImmediate(resolve))
  const later = Array.from({ length: 25 }, (_, index) => queue.claim([claimOf(`${index}`)]))
  assert.equal(queue.waiting, 26)
  store.holds = false
  store.held.shift()?.()
  assert.deepEqual(await first, [true])
  assert.equal((await Promise.all(later)).flat().every(Boolean), true)
  assert.deepEqual(store.writes, [1, 10, 10, 5])
})

test('a full queue refuses at once, as a store that does not answer', async () => {
  const store = createStore()
  store.holds = true
  const queue = createClaimQueue(store, { mostWaiting: 3 })
  const waiting = [queue.claim([claimOf('a')]), queue.claim([claimOf('b')]), queue.claim([claimOf('c')])]
  await assert.rejects(queue.claim([claimOf('d')]), { name: 'StoreError', code: 'unavailable' })
  await new Promise((resolve) => setImmediate(resolve))
  store.held.shift()?.()
  assert.deepEqual(await Promise.all(waiting), [[true], [true], [true]])
  store.holds = false
  assert.deepEqual(await queue.claim([claimOf('d')]), [true])
})

test('D7: a store that hangs keeps nobody longer than the patience, those behind the hanging write neither', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const store = createStore()
  store.holds = true
  const queue = createClaimQueue(store, { patienceMs: 1_750 })
  const refused = { name: 'StoreError', code: 'unavailable' }
  const first = assert.rejects(queue.claim([claimOf('a')]), refused)
  await new Promise((resolve) => setImmediate(resolve))
  t.mock.timers.tick(1_000)
  const second = assert.rejects(queue.claim([claimOf('b')]), refused)
  t.mock.timers.tick(750)
  await first
  t.mock.timers.tick(1_000)
  await second
  assert.equal(queue.waiting, 0)
  // and when the store answers at last, all goes on
  store.holds = false
  store.held.shift()?.()
  assert.deepEqual(await queue.claim([claimOf('c')]), [true])
})

test('a write that fails fails for those in it alone', async () => {
  const store = createStore()
  let fails = true
  const queue = createClaimQueue({
    async claim(claims) {
      if (fails) throw new StoreError('unavailable', 'the disk is full')
      return store.claim(claims)
    },
  })
  const failing = [queue.claim([claimOf('a')]), queue.claim([claimOf('b')])]
  for (const claim of failing) await assert.rejects(claim, { code: 'unavailable' })
  fails = false
  assert.deepEqual(await queue.claim([claimOf('a')]), [true])
})
