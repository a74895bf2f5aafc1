/** The streams of the feed: each subscriber is a place in the revocations and a connection, so that no one has a buffer of its own. WHATWG HTML §9.2. */
import type { Writable } from 'node:stream'
import { revocationEventType } from '@credence/protocol'
import type { FeedCursors } from './feed_cursor.ts'
import type { LiveRevocations, Stretch } from './live_revocations.ts'
import { toRevocationDocument } from './revocation_document.ts'

export interface Subscription {
  /** Where it begins: all after this version are sent. */
  readonly version: number
  /** Which APIs it is about. All, unless given. */
  readonly audiences: readonly string[] | undefined
  /** Whether whoever reads may still do so; asked at every heartbeat. */
  readonly mayGoOn: () => Promise<boolean>
}

export interface FeedSubscribers {
  readonly size: number
  /** Sends what there is, then whatever comes, until the connection ends. */
  start(subscription: Subscription, sink: Writable): void
  /** Sends what is new. */
  wake(): void
  /** One round: a comment to everyone, an end for who may read no more, a cut for who has not read since the last round. */
  beat(): Promise<void>
  endAll(): void
  /** Ends all, and whoever comes from now on at once. */
  close(): void
}

interface Subscriber extends Subscription {
  readonly sink: Writable
  version: number
  /** Wrote more than the connection takes, and waits until that is gone. */
  blocked: boolean
  /** Was blocked already at the last heartbeat, and has been ever since. */
  stalled: boolean
}

/** What is written at once: an event has at most this many entries, some 30 KB. */
const entriesPerEvent = 250

/** After so many subscribers, whoever else waits for the event loop gets a turn. */
const subscribersPerTurn = 100

export const createFeedSubscribers = (live: LiveRevocations, cursors: FeedCursors): FeedSubscribers => {
  const subscribers = new Set<Subscriber>()
  const encode = createEventCache(live, cursors)
  let waking = false
  let closed = false

  const pump = (subscriber: Subscriber) => {
    while (!subscriber.blocked && subscriber.version < live.version) {
      const { text, version } = encode(subscriber)
      subscriber.version = version
      if (text !== '') subscriber.blocked = !subscriber.sink.write(text)
    }
  }

  const pumpAll = (waiting: readonly Subscriber[]) => {
    for (const subscriber of waiting.slice(0, subscribersPerTurn)) if (subscribers.has(subscriber)) pump(subscriber)
    const rest = waiting.slice(subscribersPerTurn)
    if (rest.length > 0) setImmediate(pumpAll, rest)
  }

  const beatOne = async (subscriber: Subscriber) => {
    if (!(await subscriber.mayGoOn())) return subscriber.sink.end()
    if (!subscriber.blocked) return subscriber.sink.write(': heartbeat\n\n')
    if (subscriber.stalled) subscriber.sink.destroy()
    subscriber.stalled = true
  }

  const endAll = () => {
    for (const { sink } of subscribers) sink.end()
  }

  return {
    get size() {
      return subscribers.size
    },
    start(subscription, sink) {
      if (closed) return void sink.end()
      const subscriber: Subscriber = { ...subscription, sink, blocked: false, stalled: false }
      subscribers.add(subscriber)
      sink.once('close', () => subscribers.delete(subscriber))
      sink.on('error', () => sink.destroy())
      sink.on('drain', () => {
        subscriber.blocked = false
        subscriber.stalled = false
        pump(subscriber)
      })
      // the first event says where the feed stands, whatever it brings
      const stretch = live.after(subscription.version, { ...subscription, limit: entriesPerEvent })
      subscriber.version = stretch.version
      subscriber.blocked = !sink.write(formatEvent(stretch, cursors))
      pump(subscriber)
    },
    wake() {
      if (waking) return
      waking = true
      setImmediate(() => {
        waking = false
        pumpAll([...subscribers])
      })
    },
    async beat() {
      for (const subscriber of subscribers) await beatOne(subscriber).catch(() => subscriber.sink.end())
    },
    endAll,
    close() {
      closed = true
      endAll()
    },
  }
}

const formatEvent = ({ version, revocations }: Stretch, cursors: FeedCursors): string => {
  const cursor = cursors.format(version)
  const data = JSON.stringify(toRevocationDocument(cursor, revocations))
  return `id: ${cursor}\nevent: ${revocationEventType}\ndata: ${data}\n\n`
}

/** Those who stand at the same place and read of the same APIs get the same bytes, made once. */
const createEventCache = (live: LiveRevocations, cursors: FeedCursors) => {
  const made = new Map<string, { readonly text: string; readonly version: number }>()
  const capacity = 256
  let madeAt = 0

  return ({ version, audiences }: Pick<Subscriber, 'version' | 'audiences'>) => {
    if (madeAt !== live.version || made.size >= capacity) made.clear()
    madeAt = live.version
    const key = `${version} ${audiences?.join(' ') ?? ''}`
    const known = made.get(key)
    if (known !== undefined) return known
    const stretch = live.after(version, { audiences, limit: entriesPerEvent })
    const text = stretch.revocations.length === 0 ? '' : formatEvent(stretch, cursors)
    const event = { text, version: stretch.version }
    made.set(key, event)
    return event
  }
}
