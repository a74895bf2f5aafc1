import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, it } from 'node:test'
import type { Clock, RevocationDocument } from '@credence/protocol'
import fc from 'fast-check'
import { createDenials } from './denials.ts'
import type { FeedConnection, FollowOptions } from './feed_connection.ts'
import { FeedError } from './feed_error.ts'
import { type RevocationEvent, revocationChannel } from './feed_events.ts'
import { createFeedFollower } from './feed_follower.ts'

const iss = 'https://auth.example.com'
const now = 1_800_000_000
const pageSize = 3

/** A server whose revocations, faults and streams the test moves, and a follower for whom every pause passes at once. */
const setting = ({ maxEntries = 1_000 } = {}) => {
  let ms = 0
  const clock: Clock = { epochSeconds: () => now + Math.floor(ms / 1000), monotonicMs: () => ms }
  const paused: number[] = []
  const server = { revoked: [] as string[], database: 'a', pages: 'ok', streams: 'ok', reads: 0, streamsOpened: 0 }
  let open: { readonly end: (error?: Error) => void; readonly options: FollowOptions; at: number } | undefined

  const documentFrom = (from: number, size = pageSize): RevocationDocument => {
    const entries = server.revoked.slice(from, from + size)
    return {
      cursor: `${from + entries.length}.${server.database}`,
      revoked: entries.map((jti) => ({ iss, jti, exp: now + 100_000_000 })),
      cutoffs: [],
    }
  }
  const positionOf = (cursor: string | undefined): number => {
    const [position = '0', database = server.database] = (cursor ?? '').split('.')
    if (database !== server.database) throw new FeedError('gone', { status: 410 })
    return Number(position)
  }
  const connection: FeedConnection = {
    async readPage(cursor) {
      server.reads++
      if (server.pages === 'down' || (server.pages === 'second down' && cursor !== undefined)) {
        throw new FeedError('down')
      }
      return documentFrom(server.pages === 'endless' ? 0 : positionOf(cursor))
    },
    follow: (cursor, options) =>
      new Promise((resolve, reject) => {
        server.streamsOpened++
        if (server.streams !== 'ok' || server.pages === 'down') {
          return reject(new FeedError('refused'))
        }
        const stream = {
          options,
          at: positionOf(cursor),
          end: (error?: Error) => {
            open = undefined
            if (error === undefined) resolve()
            else reject(error)
          },
        }
        options.signal.addEventListener('abort', () => stream.end(new FeedError('aborted')))
        open = stream
        push()
      }),
  }
  const push = () => {
    if (open === undefined) return
    const document = documentFrom(open.at, 100)
    open.at = server.revoked.length
    open.options.onHeard(document)
  }
  const denials = createDenials({ issuer: iss, maxEntries, now: clock.epochSeconds })
  const follower = createFeedFollower({
    issuer: iss,
    connection,
    denials,
    maxStaleSeconds: 120,
    pollSeconds: 5,
    clock,
    random: () => 0.5,
    pause: async (pauseMs) => {
      paused.push(pauseMs)
      ms += pauseMs
      await new Promise((resolve) => setImmediate(resolve))
    },
  })
  return {
    server,
    follower,
    denials,
    paused,
    revoke: (jti: string) => {
      server.revoked.push(jti)
      push()
    },
    beat: () => open?.options.onHeard(undefined),
    cut: (error?: Error) => open?.end(error),
    advance: (seconds: number) => {
      ms += seconds * 1000
    },
    isDenied: (jti: string) =>
      denials.isDenied({ iss, jti, clientId: 'job', credentialId: undefined, aud: 'orders', iat: now }),
    turns: async (count = 40) => {
      for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

describe('following the feed', () => {
  it('reads all there is, page by page, then hears what comes', async () => {
    const { server, follower, turns, revoke, isDenied } = setting()
    server.revoked = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    assert.equal(follower.status().state, 'connecting')
    follower.start()
    await follower.firstAttempt
    assert.equal(follower.firstAttempt, undefined)
    await turns()
    assert.equal(follower.status().state, 'connected')
    for (const jti of server.revoked) assert.ok(isDenied(jti), jti)
    revoke('h')
    assert.ok(isDenied('h'))
    assert.equal(follower.status().cursor, '8.a')
    follower.close()
    await turns()
    assert.equal(follower.status().state, 'closed')
  })

  it('property: whatever the order of revocations, cuts, faults and new databases, what is held is what the server has', async () => {
    const step = fc.constantFrom(
      'revoke',
      'cut',
      'break',
      'down',
      'up',
      'noStreams',
      'streams',
      'otherDatabase',
      'settle',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const subject = setting()
        const { server, follower } = subject
        follower.start()
        let made = 0
        const settle = async () => {
          await subject.turns(30)
          if (server.pages === 'down') return
          for (const jti of server.revoked) assert.ok(subject.isDenied(jti), `${jti} after ${steps}`)
        }
        for (const each of steps) {
          if (each === 'revoke') subject.revoke(`t${made++}`)
          if (each === 'cut') subject.cut()
          if (each === 'break') subject.cut(new FeedError('ECONNRESET'))
          if (each === 'down' || each === 'up') {
            server.pages = each
            subject.cut(new FeedError('ECONNRESET'))
          }
          if (each === 'noStreams') {
            server.streams = 'none'
            subject.cut()
          }
          if (each === 'streams') server.streams = 'ok'
          if (each === 'otherDatabase') {
            server.database += 'x'
            subject.cut()
          }
          if (each === 'settle') await settle()
        }
        server.pages = 'ok'
        server.streams = 'ok'
        await settle()
        assert.equal(subject.denials.size, made)
        assert.equal(follower.status().stale, false)
        follower.close()
        await subject.turns(5)
      }),
      { numRuns: 150 },
    )
  })

  it('waits twice as long after each failure, up to a bound, and as long as the server asks for', async () => {
    const { server, follower, paused, turns } = setting()
    server.pages = 'down'
    follower.start()
    await turns(20)
    assert.deepEqual(paused.slice(0, 7), [375, 750, 1_500, 3_000, 6_000, 11_250, 11_250])
    assert.equal(follower.status().state, 'away')
    assert.equal(follower.status().stale, true)
    assert.equal(follower.status().fault, 'down')
    follower.close()
  })

  it('polls while the stream is refused, and tries the stream again once a minute', async () => {
    const { server, follower, paused, turns } = setting()
    server.streams = 'none'
    follower.start()
    await turns(13)
    assert.equal(follower.status().state, 'polling')
    assert.equal(server.streamsOpened, 1)
    assert.deepEqual(paused.slice(1, 6), [5_000, 5_000, 5_000, 5_000, 5_000])
    server.streams = 'ok'
    await turns(40)
    assert.equal(follower.status().state, 'connected')
    assert.equal(server.streamsOpened, 2)
    follower.close()
  })

  it('a stream that is cut again at once is polled; one that had lasted is taken up again at once', async () => {
    const { server, follower, paused, turns, cut, beat, advance } = setting()
    follower.start()
    await turns()
    advance(3_600)
    beat()
    cut()
    await turns()
    assert.equal(server.streamsOpened, 2)
    assert.deepEqual(paused, [250])
    cut()
    await turns()
    assert.equal(server.streamsOpened, 3)
    cut()
    await turns(4)
    assert.equal(server.streamsOpened, 3)
    assert.equal(follower.status().state, 'polling')
    follower.close()
  })

  it('says so when there are more than there is room for, and reads all again until there is room', async () => {
    const { server, follower, turns, revoke, beat, advance } = setting({ maxEntries: 3 })
    const events: RevocationEvent[] = []
    const listen = (message: unknown) => events.push(message as RevocationEvent)
    subscribe(revocationChannel, listen)
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
    server.revoked = ['a', 'b', 'c']
    follower.start()
    await turns()
    assert.equal(follower.status().overflowing, false)
    revoke('d')
    assert.equal(follower.status().overflowing, true)
    assert.equal(follower.status().entries, 3)
    assert.match((await warned).message, /more entries than there is room for/)
    server.revoked = ['c', 'd']
    server.database = 'b'
    advance(31)
    beat()
    await turns()
    // the entries are still held, since none of them has expired
    assert.equal(follower.status().overflowing, true)
    advance(100_000_100)
    beat()
    await turns()
    assert.equal(follower.status().overflowing, false)
    unsubscribe(revocationChannel, listen)
    assert.deepEqual([...new Set(events.map(({ overflowing }) => overflowing))], [false, true])
    assert.ok(events.every(({ issuer }) => issuer === iss))
    follower.close()
  })

  it('a denial that there was no room for is not forgotten when the reading is cut before its end', async (test) => {
    const { server, follower, turns } = setting({ maxEntries: 2 })
    test.after(() => follower.close())
    server.revoked = ['a', 'b', 'c', 'd']
    server.pages = 'second down'
    follower.start()
    await turns(1)
    assert.equal(follower.status().overflowing, true)
    server.pages = 'ok'
    await turns()
    assert.equal(follower.status().state, 'connected')
    assert.equal(follower.status().overflowing, true)
  })

  it('a server whose pages never end is not read for ever', async () => {
    const { server, follower, turns } = setting()
    server.revoked = ['a']
    server.pages = 'endless'
    follower.start()
    await turns()
    assert.match(follower.status().fault ?? '', /does not come to an end/)
    assert.equal(follower.status().stale, true)
    follower.close()
  })
})
