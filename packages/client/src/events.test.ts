import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { channelNames, type TokenManagerEvent } from './events.ts'
import { startAuthorizationServer, tokenBody } from './testing/fake_server.ts'
import { createFakeTime, timeoutMs } from './testing/fake_time.ts'
import { createTokenManager } from './token_manager.ts'

const start = async (more: { readonly onEvent?: (event: TokenManagerEvent) => void } = {}) => {
  const control = { status: 200 }
  const server = await startAuthorizationServer((_received, count) => {
    if (control.status !== 200) return { status: control.status, body: { error: 'canary-answer' } }
    return { body: tokenBody(`canary-token-${count}`) }
  })
  const time = createFakeTime()
  const tokens = createTokenManager({
    issuer: server.url,
    clientId: 'job',
    clientSecret: 'canary-secret',
    parameters: { password: 'canary-parameter' },
    clock: time.clock,
    sleep: time.sleep,
    timeoutMs,
    retry: { maxAttempts: 1 },
    breaker: { failures: 1 },
    random: () => 0,
    ...more,
  })
  return { control, server, time, tokens, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

type Started = Awaited<ReturnType<typeof start>>

/** A token, a hit, and a failure that opens the breaker. */
const live = async ({ control, tokens }: Started) => {
  await tokens.getToken()
  await tokens.getToken()
  control.status = 500
  await assert.rejects(tokens.getToken({ scope: 'other' }))
}

const expected = [
  'cache miss',
  'request 200',
  'request 200',
  'renewal ok',
  'cache hit',
  'cache miss',
  'breaker open',
  'request 500',
  'renewal refused',
]

const asLine = (event: TokenManagerEvent) => `${event.type} ${event.type === 'breaker' ? event.state : event.result}`

describe('events', () => {
  it('onEvent hears everything, in order, with issuer and client', async () => {
    const heard: TokenManagerEvent[] = []
    await using fixture = await start({ onEvent: (event) => heard.push(event) })
    await live(fixture)
    assert.deepEqual(heard.map(asLine), expected)
    for (const { issuer, clientId } of heard) assert.deepEqual([issuer, clientId], [fixture.server.url, 'job'])
    assert.ok(!inspect(heard, { depth: null }).includes('canary'))
    const requests = heard.filter((event) => event.type === 'request')
    assert.deepEqual(
      requests.map(({ kind }) => kind),
      ['metadata', 'token', 'token'],
    )
  })

  it('the diagnostics channels have the same', async () => {
    const heard: TokenManagerEvent[] = []
    const listen = (event: unknown) => heard.push(event as TokenManagerEvent)
    for (const name of Object.values(channelNames)) channel(name).subscribe(listen)
    try {
      await using fixture = await start()
      await live(fixture)
    } finally {
      for (const name of Object.values(channelNames)) channel(name).unsubscribe(listen)
    }
    assert.deepEqual(heard.map(asLine), expected)
    assert.deepEqual(
      Object.values(channelNames),
      ['request', 'renewal', 'breaker', 'cache', 'shared_cache'].map((type) => `credence:client:${type}`),
    )
  })

  it('a listener that throws changes nothing', async () => {
    await using fixture = await start({
      onEvent: () => {
        throw new Error('mine')
      },
    })
    assert.equal((await fixture.tokens.getToken()).tokenType, 'Bearer')
  })

  it('a runtime without process and without diagnostics channels is no hindrance', async () => {
    const { getBuiltinModule } = process
    Object.assign(process, { getBuiltinModule: undefined })
    try {
      await using fixture = await start()
      await live(fixture)
      assert.equal(fixture.tokens.status().requests.sent, 3)
    } finally {
      Object.assign(process, { getBuiltinModule })
    }
  })
})

describe('status', () => {
  it('before anything: no counts, closed, nothing held', async () => {
    await using fixture = await start()
    assert.deepEqual(fixture.tokens.status(), {
      issuer: fixture.server.url,
      clientId: 'job',
      requests: { sent: 0, byResult: {}, lastMs: undefined, averageMs: undefined, maxMs: undefined },
      renewals: { byResult: {}, lastSucceededAt: undefined, lastFailedAt: undefined, lastFailure: undefined },
      cache: { hits: 0, misses: 0, tokens: 0, nextRenewalAt: undefined },
      breaker: { state: 'closed', consecutiveFailures: 0, retryAfterSeconds: undefined },
      clockSkewSeconds: 0,
      secretAgeSeconds: undefined,
    })
    assert.equal(fixture.server.received.length, 0)
  })

  it('counts requests by result, renewals, hits; says what is held, what is due and how the breaker stands', async () => {
    await using fixture = await start()
    await live(fixture)
    fixture.time.advance(3)
    const status = fixture.tokens.status()
    assert.deepEqual([status.requests.sent, status.requests.byResult], [3, { 200: 2, 500: 1 }])
    assert.deepEqual(status.renewals, {
      byResult: { ok: 1, refused: 1 },
      lastSucceededAt: 1_800_000_000,
      lastFailedAt: 1_800_000_000,
      lastFailure: 'refused',
    })
    assert.deepEqual(status.cache, { hits: 1, misses: 2, tokens: 1, nextRenewalAt: 1_800_000_540 })
    assert.deepEqual(status.breaker, { state: 'open', consecutiveFailures: 1, retryAfterSeconds: 7 })
    assert.ok(!inspect(status, { depth: null }).includes('canary'))
  })

  it('secret age, where the source knows; nothing before the source was asked', async () => {
    await using server = await startAuthorizationServer()
    const { clock, sleep, advance } = createFakeTime()
    const clientSecret = () => ({ current: 'canary-secret', createdAt: clock.epochSeconds() - 86_400 })
    const tokens = createTokenManager({ issuer: server.url, clientId: 'a', clientSecret, clock, sleep, timeoutMs })
    assert.equal(tokens.status().secretAgeSeconds, undefined)
    await tokens.getToken()
    advance(5)
    assert.equal(tokens.status().secretAgeSeconds, 86_405)
  })

  it('time to answer: last, average and at most', async () => {
    const time = createFakeTime()
    const took = [1, 5, 3]
    await using server = await startAuthorizationServer((_received, count) => {
      time.advance(took[count - 1] ?? 0)
      return {}
    })
    const { clock, sleep } = time
    const tokenEndpoint = `${server.url}/oauth/token`
    const tokens = createTokenManager({
      issuer: server.url,
      tokenEndpoint,
      clientId: 'a',
      clientSecret: 'b',
      clock,
      sleep,
      timeoutMs,
    })
    for (const _ of took) await tokens.getToken({ forceRefresh: true })
    const { lastMs, averageMs, maxMs } = tokens.status().requests
    assert.deepEqual({ lastMs, averageMs, maxMs }, { lastMs: 3_000, averageMs: 3_000, maxMs: 5_000 })
  })
})
