import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { rejectsWith } from '../testing/expect.ts'
import { startAuthorizationServer } from '../testing/fake_server.ts'
import { createFakeTime, timeoutMs } from '../testing/fake_time.ts'
import { createTokenManager } from '../token_manager.ts'
import { createPause } from './pause.ts'

/** Seconds that the pause lasts, 0 for none. */
const lasts = (answers: readonly (readonly [status: number, retryAfterSeconds?: number])[]): number => {
  const time = createFakeTime()
  const pause = createPause(time.clock)
  for (const [status, retryAfterSeconds] of answers) pause.note(status, retryAfterSeconds)
  for (let seconds = 0; seconds < 10_000; seconds++, time.advance(1)) {
    try {
      pause.check()
      return seconds
    } catch {}
  }
  return Number.POSITIVE_INFINITY
}

describe('the pause that a server asks for', () => {
  it('RFC 6585 §4, RFC 9110 §10.2.3: Retry-After of 429 and 503, of no other status', () => {
    assert.equal(lasts([[429, 7]]), 7)
    assert.equal(lasts([[503, 7]]), 7)
    for (const status of [200, 401, 500]) assert.equal(lasts([[status, 7]]), 0)
  })

  it('the longest counts, and a later answer does not shorten it', () => {
    assert.equal(lasts([[429, 7], [429, 3], [200]]), 7)
  })

  it('is bounded: a server that says a year is asked again after an hour', () => {
    assert.equal(lasts([[503, 31_536_000]]), 3_600)
  })

  it('429 without Retry-After: from the third in a row 1 s, 2 s, 4 s … up to 30 s', () => {
    const many = (count: number) => Array.from({ length: count }, () => [429] as const)
    assert.deepEqual([2, 3, 4, 5, 8, 20].map(many).map(lasts), [0, 1, 2, 4, 30, 30])
    assert.equal(lasts([...many(2), [200], ...many(2)]), 0)
  })
})

describe('the pause of a token manager', () => {
  it('holds for every target: short ones are waited for, long ones are told', async () => {
    let answer: Readonly<Record<string, string>> | undefined = { 'retry-after': '3600' }
    await using server = await startAuthorizationServer(() =>
      answer ? { status: 429, headers: answer, body: 'no' } : {},
    )
    const time = createFakeTime()
    const { clock, sleep } = time
    const common = { issuer: server.url, clientId: 'a', clientSecret: 'b', clock, sleep, timeoutMs, random: () => 0 }
    const tokens = createTokenManager(common)
    assert.equal((await rejectsWith(tokens.getToken(), 'temporarily_unavailable')).retryAfterSeconds, 3600)
    time.advance(3000)
    for (const scope of ['a', 'b', 'c']) {
      const error = await rejectsWith(tokens.getToken({ scope }), 'temporarily_unavailable')
      assert.equal(error.retryAfterSeconds, 600)
    }
    assert.equal(server.tokenRequests().length, 1)
    answer = undefined
    time.advance(592)
    assert.equal((await tokens.getToken({ scope: 'd' })).accessToken, 'token-2')
    assert.deepEqual(time.slept, [8000])
  })
})
