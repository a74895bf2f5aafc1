import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createGate, rejectsWith } from './testing/expect.ts'
import { type Answer, startAuthorizationServer, tokenBody } from './testing/fake_server.ts'
import { startManager, until } from './testing/start_manager.ts'

const down: Answer = { status: 503, body: 'down' }

describe('trap: renewal', () => {
  it('trap: the server is down for a whole refresh window → no failed call while a token is valid', async () => {
    await using fixture = await startManager()
    const { control, time, get, tokens } = fixture
    await get()
    control.answer = () => down
    time.advance(540)
    for (let second = 0; second < 60; second++, time.advance(1)) {
      assert.equal(await get(), 'token-1')
      // a renewal that has begun has ended before the next second
      await until(() => tokens.status().requests.sent === fixture.server.received.length)
    }
    await assert.rejects(tokens.getToken())
  })

  it('trap: failure of a background renewal has its own back-off and is always caught', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', note)
    try {
      await using fixture = await startManager()
      const { control, time, get, tokens, sent } = fixture
      await get()
      control.answer = () => ({ status: 401, body: { error: 'invalid_client' } })
      time.advance(540)
      for (let call = 0; call < 50; call++) assert.equal(await get(), 'token-1')
      await until(() => tokens.status().renewals.byResult.invalid_client === 1)
      for (let call = 0; call < 50; call++) assert.equal(await get(), 'token-1')
      assert.equal(sent(), 2)
      time.advance(1)
      await get()
      await until(() => tokens.status().renewals.byResult.invalid_client === 2)
      await new Promise((resolve) => setImmediate(resolve))
      assert.equal(sent(), 3)
    } finally {
      process.off('unhandledRejection', note)
    }
    assert.deepEqual(unhandled, [])
  })

  it('trap: a renewal behind the back is sent once, and leaves no timer behind for another attempt', async () => {
    await using fixture = await startManager()
    const { control, time, get, sent, tokens } = fixture
    await get()
    control.answer = () => down
    time.advance(550)
    await get()
    await until(() => tokens.status().renewals.byResult.temporarily_unavailable === 1)
    assert.equal(sent(), 2)
    assert.deepEqual([time.slept, time.waiting()], [[], 0])
  })

  it('trap: a caller who waits for a renewal behind the back that fails has all attempts', async () => {
    await using fixture = await startManager()
    const { control, time, get, sent, tokens } = fixture
    await get()
    const gate = createGate()
    control.answer = async (_received, count) => {
      if (count === 2) await gate.opened
      return count < 4 ? down : {}
    }
    time.advance(550)
    await get()
    await until(() => sent() === 2)
    time.advance(50)
    const waiting = tokens.getToken()
    gate.open()
    assert.equal((await waiting).accessToken, 'token-4')
    assert.equal(sent(), 4)
  })

  it('trap: nothing keeps the process alive, a token that is due for renewal included', async () => {
    await using server = await startAuthorizationServer(() => ({ body: tokenBody('short', { expires_in: 1 }) }))
    const script = `
      import { createTokenManager } from ${JSON.stringify(new URL('index.ts', import.meta.url).href)}
      const tokens = createTokenManager({ issuer: ${JSON.stringify(server.url)}, clientId: 'a', clientSecret: 'b' })
      await tokens.getToken()
      console.log(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length)`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@credence/source', '--input-type=module', '--eval', script],
      { cwd: fileURLToPath(new URL('.', import.meta.url)), timeout: 9_000 },
    )
    assert.equal(stdout, '0\n')
  })

  it('trap: close() ends a renewal behind the back too', async () => {
    await using fixture = await startManager()
    const { control, time, get, tokens, sent } = fixture
    await get()
    control.answer = () => new Promise<Answer>(() => undefined)
    time.advance(550)
    await get()
    await until(() => sent() === 2)
    tokens.close()
    await until(() => tokens.status().renewals.byResult.closed === 1)
    assert.equal(time.waiting(), 0)
    await rejectsWith(tokens.getToken(), 'closed')
    assert.equal(tokens.status().cache.tokens, 0)
  })

  it('trap: close() while somebody waits for a renewal behind the back sends nothing more', async () => {
    await using fixture = await startManager()
    const { control, time, get, tokens, sent } = fixture
    await get()
    control.answer = () => new Promise<Answer>(() => undefined)
    time.advance(550)
    await get()
    await until(() => sent() === 2)
    time.advance(50)
    const waiting = rejectsWith(tokens.getToken(), 'closed')
    tokens.close()
    await waiting
    assert.equal(tokens.status().requests.sent, 2)
    assert.equal(sent(), 2)
  })

  it("trap: a waiter's AbortSignal cancels the waiter, not the shared request", async () => {
    await using fixture = await startManager()
    const gate = createGate()
    fixture.control.answer = async () => {
      await gate.opened
      return {}
    }
    const leaving = new AbortController()
    const left = rejectsWith(fixture.tokens.getToken({ signal: leaving.signal }), 'aborted')
    const stays = fixture.tokens.getToken()
    await until(() => fixture.sent() === 1)
    leaving.abort()
    await left
    gate.open()
    assert.equal((await stays).accessToken, 'token-1')
    assert.equal(fixture.sent(), 1)
  })
})
