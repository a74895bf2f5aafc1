import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TokenManagerOptions } from '../configuration.ts'
import { rejectsWith } from '../testing/expect.ts'
import { type Answer, startAuthorizationServer } from '../testing/fake_server.ts'
import { createFakeTime, timeoutMs } from '../testing/fake_time.ts'
import type { TokenErrorCode } from '../token_error.ts'
import { createTokenManager } from '../token_manager.ts'

/** Asks a server that gives these answers in turn and then tokens. */
const ask = async (answers: readonly (Answer | 'break')[], options: Partial<TokenManagerOptions> = {}) => {
  const time = createFakeTime()
  const server = await startAuthorizationServer((_received, count, response) => {
    const answer = answers[count - 1] ?? {}
    if (answer !== 'break') return answer
    response.destroy()
    return undefined
  })
  const asked: string[] = []
  const clientSecret = () => {
    asked.push('asked')
    return 'b'
  }
  const tokens = createTokenManager({
    issuer: server.url,
    clientId: 'a',
    clientSecret,
    ...time,
    timeoutMs,
    random: () => 0.5,
    ...options,
  })
  const outcome = tokens.getToken()
  /** After invalid_client the source is looked at once more, to see whether the secret has changed. */
  const end = async (code?: TokenErrorCode) => {
    await server[Symbol.asyncDispose]()
    const expected = server.tokenRequests().length + (code === 'invalid_client' ? 1 : 0)
    assert.equal(asked.length, expected, 'the secret is asked for anew at every attempt')
    return { requests: server.tokenRequests().length, slept: time.slept }
  }
  return { outcome, end }
}

const succeeds = async (...given: Parameters<typeof ask>) => {
  const { outcome, end } = await ask(...given)
  await outcome
  return end()
}

const fails = async (code: Parameters<typeof rejectsWith>[1], ...given: Parameters<typeof ask>) => {
  const { outcome, end } = await ask(...given)
  const error = await rejectsWith(outcome, code)
  return { ...(await end(code)), error }
}

describe('retry', () => {
  for (const status of [429, 502, 503, 504])
    it(`${status} is tried again, after a random part of a growing delay`, async () => {
      const faults = [
        { status, body: 'busy' },
        { status, body: 'busy' },
      ]
      assert.deepEqual(await succeeds(faults), { requests: 3, slept: [100, 200] })
    })

  it('a broken connection is tried again', async () => {
    assert.deepEqual(await succeeds(['break', 'break']), { requests: 3, slept: [100, 200] })
  })

  it('full jitter: from nothing to the whole delay', async () => {
    assert.deepEqual((await succeeds(['break', 'break'], { random: () => 0 })).slept, [0, 0])
    assert.deepEqual((await succeeds(['break', 'break'], { random: () => 1 })).slept, [200, 400])
  })

  it('is bounded: three attempts, or as many as retry.maxAttempts says', async () => {
    const down = Array.from({ length: 20 }, () => ({ status: 503, body: 'down' }))
    assert.equal((await fails('temporarily_unavailable', down)).requests, 3)
    assert.equal((await fails('temporarily_unavailable', down, { retry: { maxAttempts: 1 } })).requests, 1)
    const patient = { retry: { maxAttempts: 10 }, breaker: { failures: 100 } }
    const { requests, slept } = await fails('temporarily_unavailable', down, patient)
    assert.equal(requests, 10)
    assert.ok(Math.max(...slept) <= 5_000)
  })

  it('RFC 9110 §10.2.3: Retry-After in seconds and as a date is honoured, with jitter on top', async () => {
    const now = new Date(1_800_000_000_000).toUTCString()
    const busy = (value: string) => ({ status: 503, headers: { 'retry-after': value, date: now }, body: 'busy' })
    assert.deepEqual((await succeeds([busy('7')])).slept, [7_100])
    const date = new Date(1_800_000_004_000).toUTCString()
    assert.deepEqual((await succeeds([busy(date)])).slept, [4_100])
    const past = new Date(1_700_000_000_000).toUTCString()
    assert.deepEqual((await succeeds([busy(past)])).slept, [100])
  })

  it('a Retry-After that is nonsense is ignored', async () => {
    for (const value of ['-5', 'soon', '1e9', '99999999999', '5, 6'])
      assert.deepEqual(
        (await succeeds([{ status: 503, headers: { 'retry-after': value }, body: 'busy' }])).slept,
        [100],
        value,
      )
  })

  it('a longer Retry-After than 10 s is not waited for, but told', async () => {
    const busy = { status: 429, headers: { 'retry-after': '3600' }, body: 'busy' }
    const { requests, error } = await fails('temporarily_unavailable', [busy])
    assert.equal(requests, 1)
    assert.equal(error.retryAfterSeconds, 3600)
  })

  for (const code of [
    'invalid_client',
    'invalid_scope',
    'invalid_request',
    'invalid_target',
    'unauthorized_client',
  ] as const)
    it(`${code} is never tried again, whatever the status`, async () => {
      for (const status of [400, 401, 429, 503])
        assert.equal((await fails(code, [{ status, body: { error: code } }])).requests, 1)
    })

  it('neither is 500, nor an answer that is none', async () => {
    assert.equal((await fails('server_error', [{ status: 500, body: 'broken' }])).requests, 1)
    assert.equal((await fails('malformed_response', [{ body: '<html>' }])).requests, 1)
  })

  it('close ends the pause', async () => {
    await using server = await startAuthorizationServer(() => ({ status: 503, body: 'down' }))
    const tokens = createTokenManager({
      issuer: server.url,
      clientId: 'a',
      clientSecret: 'b',
      timeoutMs,
      sleep: (milliseconds, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(false))
          if (milliseconds !== timeoutMs) tokens.close()
        }),
    })
    await rejectsWith(tokens.getToken(), 'closed')
    assert.equal(server.tokenRequests().length, 1)
  })
})
