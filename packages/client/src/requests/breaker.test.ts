import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { rejectsWith } from '../testing/expect.ts'
import { startAuthorizationServer } from '../testing/fake_server.ts'
import { createFakeTime, timeoutMs } from '../testing/fake_time.ts'
import { TokenError } from '../token_error.ts'
import { createTokenManager } from '../token_manager.ts'
import { createBreaker, type Outcome } from './breaker.ts'

const create = ({ failures = 3, random = 0 } = {}) => {
  const time = createFakeTime()
  const changes: string[] = []
  const breaker = createBreaker({
    clock: time.clock,
    random: () => random,
    failures,
    openMs: 10_000,
    onChange: (state, retryAfterMs) => changes.push(`${state} ${retryAfterMs}`),
  })
  /** One request that ends so; false when it is not let through. */
  const send = (outcome: Outcome): boolean => {
    try {
      breaker.enter()(outcome)
      return true
    } catch (error) {
      assert.ok(error instanceof TokenError && error.code === 'breaker_open')
      return false
    }
  }
  return { time, breaker, changes, send }
}

/** A breaker that has just opened for ten seconds. */
const createOpen = (options?: Parameters<typeof create>[0]) => {
  const fixture = create(options)
  for (let i = 0; i < 3; i++) assert.ok(fixture.send('failed'))
  return fixture
}

describe('the breaker', () => {
  it('opens after so many failures in a row, not before', () => {
    const { breaker, changes, send } = create()
    send('failed')
    send('failed')
    send('answered')
    send('failed')
    send('failed')
    assert.equal(breaker.status().state, 'closed')
    send('failed')
    assert.equal(breaker.status().state, 'open')
    assert.deepEqual(changes, ['open 10000'])
    assert.equal(send('answered'), false)
  })

  it('says when to come back', () => {
    const { time, breaker } = createOpen()
    time.advance(3.5)
    assert.throws(breaker.check, { code: 'breaker_open', retryAfterSeconds: 7 })
    assert.deepEqual(breaker.status(), { state: 'open', consecutiveFailures: 3, retryAfterSeconds: 7 })
  })

  it('lets exactly one request through when its time is up, and closes when that is answered', () => {
    const { time, breaker, changes, send } = createOpen()
    time.advance(10)
    assert.equal(breaker.status().state, 'half_open')
    const end = breaker.enter()
    for (let i = 0; i < 100; i++) assert.equal(send('answered'), false)
    end('answered')
    assert.deepEqual(changes, ['open 10000', 'half_open 0', 'closed 0'])
    assert.ok(send('answered'))
  })

  it('opens for twice as long when that one fails, up to a minute', () => {
    const { time, changes, send } = createOpen()
    const pauses = [10, 20, 40, 60, 60]
    for (const seconds of pauses) {
      time.advance(seconds - 0.001)
      assert.equal(send('failed'), false)
      time.advance(0.001)
      assert.ok(send('failed'))
    }
    const opened = changes.filter((change) => change.startsWith('open')).map((change) => Number(change.slice(5)) / 1000)
    assert.deepEqual(opened, [...pauses, 60])
  })

  it('stays open up to a fifth longer by chance', () => {
    const { time, send } = createOpen({ random: 1 })
    time.advance(11.9)
    assert.equal(send('answered'), false)
    time.advance(0.1)
    assert.ok(send('answered'))
  })

  it('a probe that is called off leaves room for another', () => {
    const { time, send } = createOpen()
    time.advance(10)
    assert.ok(send('called_off'))
    assert.ok(send('answered'))
  })

  it('requests under way when it opens: their failures change nothing, an answer closes it', () => {
    const { breaker, changes, send } = create()
    const late = [breaker.enter(), breaker.enter()]
    for (let i = 0; i < 3; i++) send('failed')
    late[0]?.('failed')
    assert.deepEqual(changes, ['open 10000'])
    late[1]?.('answered')
    assert.deepEqual(changes, ['open 10000', 'closed 0'])
  })

  it('whatever happens, no two requests are under way while it is half open, and none while it is open', () => {
    const outcome = fc.constantFrom<Outcome>('answered', 'failed', 'called_off')
    const step = fc.oneof(fc.record({ outcome, later: fc.boolean() }), fc.record({ seconds: fc.integer({ max: 90 }) }))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { time, breaker } = create()
        const probes: ((outcome: Outcome) => void)[] = []
        for (const one of steps) {
          if ('seconds' in one) {
            time.advance(Math.abs(one.seconds))
            continue
          }
          const before = breaker.status().state
          try {
            const end = breaker.enter()
            assert.notEqual(before, 'open')
            if (before === 'half_open') assert.equal(probes.length, 0)
            if (one.later && before === 'half_open') probes.push(end)
            else end(one.outcome)
          } catch (error) {
            assert.ok(error instanceof TokenError, String(error))
            assert.notEqual(before, 'closed')
            probes.pop()?.(one.outcome)
          }
        }
      }),
    )
  })
})

/** A token manager whose server answers with what `answer.status` says, or breaks the connection where that is 0. */
const start = async (options: { readonly failures?: number; readonly maxAttempts?: number } = {}) => {
  const answer = { status: 503 }
  const server = await startAuthorizationServer((_received, _count, response) => {
    if (answer.status !== 0) return { status: answer.status, ...(answer.status === 200 ? {} : { body: 'down' }) }
    response.destroy()
    return undefined
  })
  const time = createFakeTime()
  const states: string[] = []
  const tokens = createTokenManager({
    issuer: server.url,
    tokenEndpoint: `${server.url}/oauth/token`,
    clientId: 'a',
    clientSecret: 'b',
    clock: time.clock,
    sleep: time.sleep,
    timeoutMs,
    random: () => 0,
    retry: { maxAttempts: options.maxAttempts ?? 1 },
    breaker: { failures: options.failures ?? 3 },
    onEvent: (event) => event.type === 'breaker' && states.push(event.state),
  })
  return {
    answer,
    time,
    tokens,
    states,
    sent: () => server.tokenRequests().length,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

describe('the breaker of a token manager', () => {
  it('5xx and broken connections count; requests stop, and one is sent when the time is up', async () => {
    await using fixture = await start()
    const { answer, time, tokens, sent, states } = fixture
    await rejectsWith(tokens.getToken(), 'temporarily_unavailable')
    answer.status = 0
    await rejectsWith(tokens.getToken(), 'network_error')
    answer.status = 500
    await rejectsWith(tokens.getToken(), 'server_error')
    for (let i = 0; i < 20; i++) {
      const error = await rejectsWith(tokens.getToken({ scope: `s${i}` }), 'breaker_open')
      assert.equal(error.retryAfterSeconds, 10)
    }
    assert.equal(sent(), 3)
    time.advance(10)
    const many = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => tokens.getToken({ scope: `s${i}` })))
    assert.equal(sent(), 4)
    assert.equal(many.filter(({ status }) => status === 'fulfilled').length, 0)
    answer.status = 200
    time.advance(20)
    assert.equal((await tokens.getToken()).tokenType, 'Bearer')
    assert.equal(tokens.status().breaker.state, 'closed')
    assert.deepEqual(states, ['open', 'half_open', 'open', 'half_open', 'closed'])
  })

  it('4xx answers never open it', async () => {
    await using fixture = await start()
    for (const status of [400, 401, 403, 404, 429]) {
      fixture.answer.status = status
      for (let i = 0; i < 2; i++) await assert.rejects(fixture.tokens.getToken())
    }
    assert.equal(fixture.tokens.status().breaker.consecutiveFailures, 0)
    assert.deepEqual(fixture.states, [])
  })

  it('the attempts of one call end when it opens, with the reason of the last', async () => {
    await using fixture = await start({ failures: 2, maxAttempts: 10 })
    await rejectsWith(fixture.tokens.getToken(), 'temporarily_unavailable')
    assert.equal(fixture.sent(), 2)
  })

  it('a valid token is handed out while it is open', async () => {
    await using fixture = await start()
    const { answer, time, tokens } = fixture
    answer.status = 200
    const first = await tokens.getToken()
    answer.status = 0
    for (let i = 0; i < 3; i++) await rejectsWith(tokens.getToken({ scope: 'other' }), 'network_error')
    time.advance(595)
    for (let i = 0; i < 3; i++)
      await rejectsWith(tokens.getToken({ scope: 'other' }), i ? 'breaker_open' : 'network_error')
    assert.equal(await tokens.getToken(), first)
    await rejectsWith(tokens.getToken({ forceRefresh: true }), 'breaker_open')
    assert.equal(await tokens.getToken(), first)
  })

  it('a timeout counts, even where fetch never heeds its signal', async () => {
    const time = createFakeTime()
    const tokens = createTokenManager({
      issuer: 'https://as.example.com',
      clientId: 'a',
      clientSecret: 'b',
      clock: time.clock,
      sleep: time.sleep,
      timeoutMs,
      random: () => 0,
      breaker: { failures: 1 },
      fetch: () => new Promise(() => undefined),
    })
    for (const advance of [0, 10]) {
      time.advance(advance)
      const waiting = rejectsWith(tokens.getToken(), 'timeout')
      while (time.waiting() === 0) await new Promise((resolve) => setImmediate(resolve))
      time.advance(timeoutMs / 1000)
      await waiting
      assert.equal(tokens.status().breaker.state, 'open')
    }
    assert.deepEqual(tokens.status().requests.byResult, { timeout: 2 })
  })

  it('a secret is not fetched for a request that is not sent', async () => {
    await using server = await startAuthorizationServer(() => ({ status: 500, body: 'down' }))
    let asked = 0
    const clientSecret = () => `s${++asked}`
    const tokens = createTokenManager({ issuer: server.url, clientId: 'a', clientSecret, breaker: { failures: 1 } })
    await rejectsWith(tokens.getToken(), 'server_error')
    await rejectsWith(tokens.getToken(), 'breaker_open')
    assert.equal(asked, 1)
    tokens.close()
  })
})
