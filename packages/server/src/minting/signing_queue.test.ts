import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OAuthError } from '@credence/protocol'
import { createSigningQueue } from './signing_queue.ts'

const signer = (sign: (input: string) => Buffer | Promise<Buffer>) => ({ kid: 'k', algorithm: 'ES256', sign }) as const

test('signing queue: what arrives in one turn is signed in the order it came, at the end of the turn', async () => {
  const queue = createSigningQueue(10)
  const order: string[] = []
  const local = signer((input) => {
    order.push(input)
    return Buffer.from(input)
  })
  const signatures = Promise.all(['a', 'b', 'c'].map((input) => queue.sign(local, input)))
  assert.deepEqual(order, [])
  assert.deepEqual((await signatures).map(String), ['a', 'b', 'c'])
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
  const queue = createSigningQueue(10, 2)
  const order: string[] = []
  const local = signer((input) => {
    order.push(input)
    return Buffer.from(input)
  })
  const signatures = Promise.all(['a', 'b', 'c'].map((input) => queue.sign(local, input)))
  assert.deepEqual(order, ['a', 'b'])
  assert.deepEqual((await signatures).map(String), ['a', 'b', 'c'])
  assert.deepEqual(order, ['a', 'b', 'c'])
})

test('signing queue: a full queue refuses with temporarily_unavailable and Retry-After, and takes more in the next turn', async () => {
  const queue = createSigningQueue(2)
  const local = signer(Buffer.from)
  const [, , third] = await Promise.allSettled(['a', 'b', 'c'].map((input) => queue.sign(local, input)))
  assert.ok(third?.status === 'rejected' && third.reason instanceof OAuthError)
  assert.equal(third.reason.code, 'temporarily_unavailable')
  assert.equal(third.reason.headers['Retry-After'], '1')
  assert.equal(String(await queue.sign(local, 'd')), 'd')
})
