import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReadThrough } from './read_through.ts'
import { createTwoGenerationCache } from './two_generation_cache.ts'

const deferred = () => Promise.withResolvers<{ id: string } | undefined>()

test('read-through: many callers of an unknown key share one read, and the next caller needs none', async () => {
  let reads = 0
  const cache = createReadThrough(async (id) => {
    reads++
    return { id }
  }, 10)
  const found = await Promise.all(Array.from({ length: 50 }, () => cache.get('a')))
  assert.equal(reads, 1)
  assert.deepEqual(new Set(found.map((value) => value?.id)), new Set(['a']))
  assert.deepEqual(cache.get('a'), { id: 'a' })
  assert.equal(reads, 1)
})

test('read-through: a read that began before a change is not kept after it', async () => {
  const reads = [deferred(), deferred()]
  let started = 0
  const cache = createReadThrough(() => reads[started++]?.promise ?? Promise.resolve(undefined), 10)
  const before = cache.get('a')
  cache.forget('a')
  const after = cache.get('a')
  reads[1]?.resolve({ id: 'new' })
  assert.deepEqual(await after, { id: 'new' })
  reads[0]?.resolve({ id: 'old' })
  assert.deepEqual(await before, { id: 'old' })
  assert.deepEqual(cache.get('a'), { id: 'new' })
})

test('read-through: absence and failure are not remembered', async () => {
  const answers = [async () => undefined, async () => Promise.reject(new Error('down')), async () => ({ id: 'a' })]
  let reads = 0
  const cache = createReadThrough<{ id: string }>(() => answers[reads++]?.() ?? Promise.resolve(undefined), 10)
  assert.equal(await cache.get('a'), undefined)
  await assert.rejects(async () => cache.get('a'), /down/)
  assert.deepEqual(await cache.get('a'), { id: 'a' })
})

test('two-generation cache: never holds more than its capacity, and keeps what is asked for', () => {
  const cache = createTwoGenerationCache<number>(100)
  cache.set('kept', 0)
  for (let i = 0; i < 10_000; i++) {
    cache.set(`key ${i}`, i)
    assert.equal(cache.get('kept'), 0)
    assert.ok(cache.size <= 100, `${cache.size}`)
  }
  assert.equal(cache.get('key 1'), undefined)
})
