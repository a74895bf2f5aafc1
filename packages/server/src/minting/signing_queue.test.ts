import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSigningQueue } from './signing_queue.ts'

const signer = (sign: (input: string) => Buffer | Promise<Buffer>) => ({ kid: 'k', algorithm: 'ES256', sign }) as const

test('signing queue: what arrives in one turn is signed in the order it came, at the end of the turn', async () => {
  const queue = createSigningQueue(10)
  const order: string[] = []
  const local = signer((input) => {
    order.push(input)
    return Buffer.from(input)
  })
  const tokens = Promise.all(['a', 'b', 'c'].map((input) => queue.sign(local, input)))
  assert.deepEqual(order, [])
  assert.deepEqual(await tokens, ['a.YQ', 'b.Yg', 'c.Yw'])
  assert.deepEqual(order, ['a', 'b', 'c'])
})

test('signing queue: a signer that fails, at once or later, fails its own request alone', async () => {
  const queue = createSigningQueue(10)
  const failing = signer(() => {
    throw new Error('away')
  })
  const rejecting = signer(async () => Promise.reject(new Error('away')))
  const [one, two, three] = await Promise.allSettled([
    queue.sign(failing, 'a'),
    queue.sign(rejecting, 'b'),
    queue.sign(signer(Buffer.from), 'c'),
  ])
  assert.deepEqual([one?.status, two?.status, three?.status], ['rejected', 'rejected', 'fulfilled'])
})

test('signing queue: as many as may wait together are signed within the turn, and the turn’s end finds the rest', async () => {
  const queue = createSigningQueue(2)
  const order: string[] = []
  const local = signer((input) => {
    order.push(input)
    return Buffer.from(input)
  })
  const tokens = Promise.all(['a', 'b', 'c'].map((input) => queue.sign(local, input)))
  assert.deepEqual(order, ['a', 'b'])
  assert.deepEqual(await tokens, ['a.YQ', 'b.Yg', 'c.Yw'])
  assert.deepEqual(order, ['a', 'b', 'c'])
})
