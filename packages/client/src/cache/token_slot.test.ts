import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AccessToken, type IssuedToken } from '../access_token.ts'
import { createFakeTime } from '../testing/fake_time.ts'
import { TokenError } from '../token_error.ts'
import { createTokenSlot } from './token_slot.ts'

/** A slot whose requests are answered by hand. */
const createSlot = ({ expiryBufferSeconds = 60, random = 0 } = {}) => {
  const time = createFakeTime()
  const requests: {
    readonly succeed: (accessToken: string, lifetimeSeconds?: number) => Promise<void>
    readonly fail: (error?: Error) => Promise<void>
  }[] = []
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
  const request = () => {
    const { promise, resolve, reject } = Promise.withResolvers<IssuedToken>()
    const requestedAt = time.clock.epochSeconds()
    const requestedAtMs = time.clock.monotonicMs()
    requests.push({
      succeed: (accessToken, lifetimeSeconds = 600) => {
        const token = new AccessToken(accessToken, requestedAt + lifetimeSeconds, undefined)
        resolve({ token, requestedAt, requestedAtMs, lifetimeSeconds })
        return settled()
      },
      fail: (error = new TokenError('network_error', 'down')) => {
        reject(error)
        return settled()
      },
    })
    return promise
  }
  const onLookup = () => undefined
  const slot = createTokenSlot({ request, onLookup, clock: time.clock, random: () => random, expiryBufferSeconds })
  const nth = (index: number) => requests[index] ?? assert.fail(`no request ${index}`)
  const get = async () => (await slot.get()).accessToken
  return { slot, time, requests, nth, get, settled }
}

/** A slot that holds the token `first`. */
const createHolding = async (lifetimeSeconds: number, options?: Parameters<typeof createSlot>[0]) => {
  const fixture = createSlot(options)
  const first = fixture.slot.get()
  await fixture.nth(0).succeed('first', lifetimeSeconds)
  await first
  return fixture
}

describe('one request in flight', () => {
  it('ten callers, one request', async () => {
    const { slot, requests, nth } = createSlot()
    const callers = Array.from({ length: 10 }, () => slot.get())
    assert.equal(requests.length, 1)
    await nth(0).succeed('first')
    assert.equal(new Set(await Promise.all(callers)).size, 1)
  })

  it('a failure reaches every caller and is not remembered', async () => {
    const { slot, requests, nth, get } = createSlot()
    const failing = Promise.allSettled([slot.get(), slot.get()])
    await nth(0).fail()
    assert.deepEqual(
      (await failing).map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    const next = get()
    assert.equal(requests.length, 2)
    await nth(1).succeed('second')
    assert.equal(await next, 'second')
  })
})

describe('renewal', () => {
  it('begins 60 s before a long expiry, behind the caller', async () => {
    const { time, requests, nth, get } = await createHolding(600)
    time.advance(539)
    assert.equal(await get(), 'first')
    assert.equal(requests.length, 1)
    time.advance(1)
    assert.equal(await get(), 'first')
    assert.equal(await get(), 'first')
    assert.equal(requests.length, 2)
    await nth(1).succeed('second')
    assert.equal(await get(), 'second')
  })

  it('adapts to a short lifetime: a 10 s token is kept for 8 s, not dropped for a 60 s buffer', async () => {
    const { time, requests, get } = await createHolding(10)
    time.advance(7)
    assert.equal(await get(), 'first')
    assert.equal(requests.length, 1)
    time.advance(1)
    assert.equal(await get(), 'first')
    assert.equal(requests.length, 2)
  })

  it('is spread by chance over the first fifth of the buffer', async () => {
    const { time, requests, get } = await createHolding(600, { random: 1 })
    time.advance(551)
    await get()
    assert.equal(requests.length, 1)
    time.advance(1)
    await get()
    assert.equal(requests.length, 2)
  })

  it('an expired token is never handed out', async () => {
    const { time, requests, nth, slot } = await createHolding(600)
    time.advance(600)
    const next = slot.get()
    assert.equal(requests.length, 2)
    await nth(1).succeed('second')
    assert.equal((await next).accessToken, 'second')
  })

  it('a caller who comes after expiry joins the renewal in flight', async () => {
    const { time, requests, nth, get, slot } = await createHolding(600)
    time.advance(590)
    await get()
    time.advance(10)
    const next = slot.get()
    assert.equal(requests.length, 2)
    await nth(1).succeed('second')
    assert.equal((await next).accessToken, 'second')
  })

  it('fails without the caller noticing, and is not tried again at once', async () => {
    const { time, requests, nth, get } = await createHolding(600)
    time.advance(545)
    assert.equal(await get(), 'first')
    await nth(1).fail()
    assert.equal(await get(), 'first')
    assert.equal(requests.length, 2)
    time.advance(1)
    assert.equal(await get(), 'first')
    assert.equal(requests.length, 3)
    await nth(2).fail()
    time.advance(0.9)
    await get()
    assert.equal(requests.length, 3)
    time.advance(0.2)
    await get()
    assert.equal(requests.length, 4)
  })

  it('waits as long as Retry-After says', async () => {
    const { time, requests, nth, get } = await createHolding(600)
    time.advance(545)
    await get()
    await nth(1).fail(new TokenError('temporarily_unavailable', 'busy', { status: 503, retryAfterSeconds: 20 }))
    time.advance(19)
    await get()
    assert.equal(requests.length, 2)
    time.advance(1)
    await get()
    assert.equal(requests.length, 3)
  })

  it('a server that says a year is asked again after an hour', async () => {
    const { time, requests, nth, get } = await createHolding(100_000, { expiryBufferSeconds: 86_400 })
    time.advance(80_000)
    await get()
    await nth(1).fail(new TokenError('temporarily_unavailable', 'no', { status: 503, retryAfterSeconds: 31_536_000 }))
    time.advance(3_599)
    await get()
    assert.equal(requests.length, 2)
    time.advance(1)
    await get()
    assert.equal(requests.length, 3)
  })

  it('a valid token is handed out for as long as it is valid while the server is down', async () => {
    const { time, requests, get } = await createHolding(600)
    for (time.advance(540); time.clock.epochSeconds() < 1_800_000_600; time.advance(1)) {
      assert.equal(await get(), 'first')
      await requests.at(-1)?.fail()
    }
    assert.ok(requests.length > 3 && requests.length < 12, `${requests.length} requests in a minute`)
  })
})

describe('clocks', () => {
  it('expiry is counted from when the request was started', async () => {
    const { slot, time, requests, nth } = createSlot()
    const first = slot.get()
    time.advance(30)
    await nth(0).succeed('first', 60)
    assert.equal((await first).expiresAt, 1_800_000_060)
    time.advance(30)
    slot.get()
    assert.equal(requests.length, 2)
  })

  it('the clock on the wall set back does not lengthen a life', async () => {
    const { slot, time, requests } = await createHolding(600)
    time.step(-3600)
    time.advance(600)
    slot.get()
    assert.equal(requests.length, 2)
  })

  it('a sleep of the machine, which the monotonic clock does not see, ends a life', async () => {
    const { slot, time, requests } = await createHolding(600)
    time.step(600)
    slot.get()
    assert.equal(requests.length, 2)
  })
})

describe('invalidate', () => {
  it('forgets the token that was refused, and no other', async () => {
    const { slot, requests, nth, get } = await createHolding(600)
    slot.invalidate('another')
    assert.equal(await get(), 'first')
    slot.invalidate('first')
    const next = get()
    assert.equal(requests.length, 2)
    await nth(1).succeed('second')
    assert.equal(await next, 'second')
    slot.invalidate('first')
    assert.equal(await get(), 'second')
  })

  it('a renewal that started before is handed to those who waited, and not kept', async () => {
    const { slot, time, requests, nth, get } = await createHolding(600)
    time.advance(550)
    await get()
    slot.invalidate('first')
    const after = get()
    assert.equal(requests.length, 3)
    await nth(2).succeed('third')
    await nth(1).succeed('second')
    assert.equal(await after, 'third')
    assert.equal(await get(), 'third')
  })

  it('many callers refused with one token: one new request', async () => {
    const { slot, requests } = await createHolding(600)
    for (let i = 0; i < 10; i++) {
      slot.invalidate('first')
      slot.get()
    }
    assert.equal(requests.length, 2)
  })
})

describe('refresh', () => {
  it('asks though a valid token is held, which others go on getting', async () => {
    const { slot, requests, nth, get } = await createHolding(600)
    const forced = slot.refresh()
    assert.equal(requests.length, 2)
    assert.equal(await get(), 'first')
    await nth(1).succeed('second')
    assert.equal((await forced).accessToken, 'second')
    assert.equal(await get(), 'second')
  })

  it('never joins a request that started before the call; those who call meanwhile share the next', async () => {
    const { slot, requests, nth, settled } = createSlot()
    const early = slot.get()
    const forced = Array.from({ length: 10 }, () => slot.refresh())
    assert.equal(requests.length, 1)
    await nth(0).succeed('first')
    await settled()
    assert.equal((await early).accessToken, 'first')
    assert.equal(requests.length, 2)
    await nth(1).succeed('second')
    assert.deepEqual(new Set((await Promise.all(forced)).map(({ accessToken }) => accessToken)), new Set(['second']))
  })

  it('goes on after a request in flight has failed', async () => {
    const { slot, nth, settled } = createSlot()
    const early = assert.rejects(slot.get())
    const forced = slot.refresh()
    await nth(0).fail()
    await early
    await settled()
    await nth(1).succeed('second')
    assert.equal((await forced).accessToken, 'second')
  })

  it('after an invalidation joins nothing that started before it', async () => {
    const { slot, requests, nth, settled } = await createHolding(600)
    const forced = slot.refresh()
    const queued = slot.refresh()
    slot.invalidate('first')
    const later = slot.refresh()
    const last = slot.refresh()
    assert.equal(requests.length, 3)
    await nth(1).succeed('second')
    await settled()
    assert.equal((await forced).accessToken, 'second')
    await nth(2).succeed('third')
    await settled()
    assert.equal((await later).accessToken, 'third')
    assert.equal((await queued).accessToken, 'third')
    await nth(3).succeed('fourth')
    assert.equal((await last).accessToken, 'fourth')
  })
})
