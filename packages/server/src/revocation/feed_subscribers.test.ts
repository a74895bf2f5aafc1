import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import type { Revocation } from '@credence/storage'
import { createFeedCursors } from './feed_cursor.ts'
import { createFeedSubscribers, type FeedSubscribers } from './feed_subscribers.ts'
import { createLiveRevocations } from './live_revocations.ts'
import { revocationOfToken } from './new_revocation.ts'

const token = (version: number): Revocation => {
  const made = { issuer: 'https://auth.example.com', jti: `t${version}`, expiresAt: 600, clientId: 'job' }
  return { ...revocationOfToken(made, 0), version }
}
const tokens = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => token(from + index))

/** A connection that takes nothing until it is told to. */
const createSink = ({ reads, room }: { readonly reads: boolean; readonly room: number }) => {
  const written: string[] = []
  let held: (() => void) | undefined
  let isReading = reads
  const sink = new Writable({
    highWaterMark: room,
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      written.push(chunk)
      if (isReading) done()
      else held = done
    },
  })
  const read = () => {
    isReading = true
    held?.()
  }
  const seen = () => [...written.join('').matchAll(/"jti":"(t\d+)"/g)].map(([, jti]) => jti)
  return { sink, read, seen, written }
}

const turns = async (count = 20) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const start = (
  subscribers: FeedSubscribers,
  options: { readonly reads?: boolean; readonly room?: number; readonly mayGoOn?: () => Promise<boolean> } = {},
) => {
  const reader = createSink({ reads: options.reads ?? true, room: options.room ?? 1_000 })
  const mayGoOn = options.mayGoOn ?? (async () => true)
  subscribers.start({ version: 0, audiences: undefined, mayGoOn }, reader.sink)
  return reader
}

const setting = () => {
  const live = createLiveRevocations()
  return { live, subscribers: createFeedSubscribers(live, createFeedCursors(Buffer.alloc(32))) }
}

test('the first event comes at once, even when there is nothing to tell', () => {
  const { subscribers } = setting()
  const { written } = start(subscribers)
  assert.match(
    written.join(''),
    /^id: 0\.\S{12}\nevent: revocation\ndata: \{"cursor":"0\.\S{12}","revoked":\[\],"cutoffs":\[\]\}\n\n$/,
  )
})

test('every subscriber gets everything once and in order, however much comes at once', async () => {
  const { live, subscribers } = setting()
  live.add(tokens(1, 700))
  const readers = Array.from({ length: 250 }, () => start(subscribers))
  live.add(tokens(701, 1_500))
  subscribers.wake()
  subscribers.wake()
  await turns()
  for (const { seen } of readers)
    assert.deepEqual(
      seen(),
      tokens(1, 1_500).map(({ version }) => `t${version}`),
    )
})

test('who does not read has one event waiting and no more, and is cut off at the second heartbeat', async () => {
  const { live, subscribers } = setting()
  live.add(tokens(1, 20_000))
  const slow = start(subscribers, { reads: false, room: 40_000 })
  const quick = start(subscribers)
  await turns(200)
  assert.equal(quick.seen().length, 20_000)
  assert.ok(slow.sink.writableLength < 80_000, `${slow.sink.writableLength} bytes wait`)
  await subscribers.beat()
  assert.equal(slow.sink.destroyed, false)
  await subscribers.beat()
  await turns()
  assert.equal(slow.sink.destroyed, true)
  assert.equal(quick.sink.destroyed, false)
  assert.equal(subscribers.size, 1)
})

test('who reads slowly is not cut off, and misses nothing', async () => {
  const { live, subscribers } = setting()
  live.add(tokens(1, 1_000))
  const slow = start(subscribers, { reads: false })
  await subscribers.beat()
  slow.read()
  await turns(200)
  await subscribers.beat()
  assert.equal(slow.sink.destroyed, false)
  assert.equal(slow.seen().length, 1_000)
})

test('a heartbeat is a comment; who may read no more is ended by it, also when that cannot be told', async () => {
  const { subscribers } = setting()
  const honest = start(subscribers)
  const disabled = start(subscribers, { mayGoOn: async () => false })
  const unknown = start(subscribers, { mayGoOn: async () => Promise.reject(new Error('the store is away')) })
  await subscribers.beat()
  await turns()
  assert.match(honest.written.join(''), /\n\n: heartbeat\n\n$/)
  for (const { sink } of [disabled, unknown]) assert.equal(sink.writableEnded, true)
  assert.equal(subscribers.size, 1)
  subscribers.endAll()
  await turns()
  assert.equal(subscribers.size, 0)
  subscribers.close()
  assert.equal(start(subscribers).sink.writableEnded, true)
})
