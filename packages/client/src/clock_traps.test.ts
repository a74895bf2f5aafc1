import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { generateKeyPair, PrivateKeyJwt } from 'oauth4webapi'
import { rejectsWith } from './testing/expect.ts'
import { startAuthorizationServer, tokenBody } from './testing/fake_server.ts'
import { createFakeTime, timeoutMs } from './testing/fake_time.ts'
import { startManager } from './testing/start_manager.ts'
import { createTokenManager } from './token_manager.ts'

describe('trap: clocks', () => {
  it('trap: expiry is counted from when the request started', async () => {
    await using fixture = await startManager()
    const { control, time, tokens } = fixture
    control.answer = () => {
      time.advance(30)
      return { body: tokenBody('slow', { expires_in: 60 }) }
    }
    assert.equal((await tokens.getToken()).expiresAt, 1_800_000_060)
    time.advance(30)
    await tokens.getToken()
    assert.equal(fixture.sent(), 2)
  })

  it('trap: the process slept past expiry → the first call renews', async () => {
    await using fixture = await startManager()
    await fixture.get()
    fixture.time.step(3600)
    assert.equal(await fixture.get(), 'token-2')
  })

  it('trap: the clock stepped back → an expired token is not handed out', async () => {
    await using fixture = await startManager()
    await fixture.get()
    fixture.time.step(-3600)
    assert.equal(await fixture.get(), 'token-1')
    fixture.time.advance(600)
    assert.equal(await fixture.get(), 'token-2')
  })

  for (const off of [600, -600])
    it(`trap: the clock of this machine ${off / 60} minutes off → no failed call with an assertion that says when`, async () => {
      const time = createFakeTime()
      const serverTime = () => time.clock.epochSeconds() - off
      const { privateKey } = await generateKeyPair('ES256')
      let refused = 0
      await using server = await startAuthorizationServer(({ form }) => {
        const headers = { date: new Date(serverTime() * 1000).toUTCString() }
        const claims = JSON.parse(
          Buffer.from(form.get('client_assertion')?.split('.')[1] ?? '', 'base64url').toString(),
        )
        if (Math.abs(claims.iat - serverTime()) <= 5 && claims.exp > serverTime()) return { headers }
        refused++
        return { status: 401, headers, body: { error: 'invalid_client' } }
      })
      const { clock, sleep } = time
      // oauth4webapi reads the real clock; time here starts in 2027
      const now = Date.now
      Date.now = () => clock.epochSeconds() * 1000
      try {
        const common = { issuer: server.url, clientId: 'a', auth: PrivateKeyJwt(privateKey), clock, sleep, timeoutMs }
        const tokens = createTokenManager({ ...common, tokenEndpoint: `${server.url}/oauth/token` })
        await tokens.getToken()
        await tokens.getToken({ forceRefresh: true })
        assert.equal(refused, 1)
        assert.ok(Math.abs(tokens.status().clockSkewSeconds + off) <= 2)
      } finally {
        Date.now = now
      }
    })

  it('trap: a server whose Date changes with every answer is asked twice, not for ever', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    await using fixture = await startManager({
      clientSecret: undefined,
      auth: PrivateKeyJwt(privateKey),
      retry: { maxAttempts: 1 },
    })
    fixture.control.answer = (_received, count) => ({
      status: 401,
      headers: { date: new Date(count * 1e10).toUTCString() },
      body: { error: 'invalid_client' },
    })
    await rejectsWith(fixture.tokens.getToken(), 'invalid_client')
    assert.equal(fixture.sent(), 2)
  })

  it('trap: a wrong secret is not sent twice because the clock is off', async () => {
    await using fixture = await startManager()
    fixture.control.answer = () => ({
      status: 401,
      headers: { date: new Date(0).toUTCString() },
      body: { error: 'invalid_client' },
    })
    await rejectsWith(fixture.tokens.getToken(), 'invalid_client')
    assert.equal(fixture.sent(), 1)
  })

  it('trap: a Retry-After date is read by the clock of the server that wrote it', async () => {
    await using fixture = await startManager()
    const date = (seconds: number) => new Date((1_700_000_000 + seconds) * 1000).toUTCString()
    fixture.control.answer = (_received, count) =>
      count === 1 ? { status: 503, headers: { date: date(0), 'retry-after': date(7) }, body: 'busy' } : {}
    await fixture.get()
    assert.deepEqual(fixture.time.slept, [7_000])
  })
})
