import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseBasicCredentials } from '@credence/protocol'
import { createGate, rejectsWith } from './testing/expect.ts'
import { type Answer, tokenBody } from './testing/fake_server.ts'
import { startManager, until } from './testing/start_manager.ts'

const down: Answer = { status: 503, body: 'down' }

describe('trap: cache', () => {
  it('trap: the cache key has every extra parameter', async () => {
    await using fixture = await startManager({ parameters: { tenant: 'a' } })
    const { tokens, server } = fixture
    const first = await tokens.getToken()
    assert.equal(await tokens.getToken({ parameters: { tenant: 'a' } }), first)
    const others = [{ tenant: 'b' }, { extra: '1' }, { tenant: 'a', extra: '2' }]
    for (const parameters of others) assert.notEqual(await tokens.getToken({ parameters }), first)
    const sent = server.tokenRequests().map(({ form }) => `${form.get('tenant')} ${form.get('extra')}`)
    assert.deepEqual(sent, ['a null', 'b null', 'a 1', 'a 2'])
  })

  it('trap: extra parameters cannot replace the grant, the credential or what has its own option', async () => {
    await using fixture = await startManager()
    const names = ['grant_type', 'scope', 'audience', 'resource', 'client_id', 'client_secret', 'client_assertion', '']
    for (const name of names) {
      const asked = fixture.tokens.getToken({ parameters: { [name]: 'canary' } })
      const error = await rejectsWith(asked, 'invalid_configuration')
      assert.ok(!error.message.includes('canary'))
    }
    assert.equal(fixture.server.received.length, 0)
  })

  it('trap: 10,000 callers at once → 1 request', async () => {
    await using fixture = await startManager()
    const all = await Promise.all(Array.from({ length: 10_000 }, () => fixture.tokens.getToken()))
    assert.deepEqual([new Set(all).size, fixture.sent()], [1, 1])
  })

  it('trap: a rejected promise is never memoised', async () => {
    await using fixture = await startManager({ retry: { maxAttempts: 1 } })
    fixture.control.answer = (_received, count) => (count === 1 ? down : {})
    await rejectsWith(fixture.tokens.getToken(), 'temporarily_unavailable')
    assert.equal(await fixture.get(), 'token-2')
  })

  it('trap: an invalidation racing a renewal in flight (generation counter)', async () => {
    await using fixture = await startManager()
    const { control, time, tokens, get } = fixture
    await get()
    const gate = createGate()
    control.answer = async (_received, count) => {
      if (count === 2) await gate.opened
      return { body: tokenBody(`token-${count}`) }
    }
    time.advance(550)
    await get()
    await until(() => fixture.sent() === 2)
    tokens.invalidate('token-1')
    assert.equal(await get(), 'token-3')
    gate.open()
    await until(() => tokens.status().renewals.byResult.ok === 3)
    assert.equal(await get(), 'token-3')
  })

  it('trap: a fixed buffer longer than the lifetime would cache nothing', async () => {
    await using fixture = await startManager({ expiryBufferSeconds: 300 })
    fixture.control.answer = (_received, count) => ({ body: tokenBody(`token-${count}`, { expires_in: 300 }) })
    await fixture.get()
    fixture.time.advance(239)
    assert.equal(await fixture.get(), 'token-1')
    assert.equal(fixture.sent(), 1)
  })

  it('trap: missing expires_in gets a bounded default', async () => {
    await using fixture = await startManager()
    const { time, get } = fixture
    fixture.control.answer = (_received, count) => ({ body: { access_token: `token-${count}`, token_type: 'bearer' } })
    assert.equal(await get(), 'token-1')
    time.advance(59)
    assert.equal(await get(), 'token-1')
    time.advance(1)
    assert.notEqual(await get(), 'token-1')
  })

  it('trap: token_type is case-insensitive', async () => {
    await using fixture = await startManager()
    fixture.control.answer = () => ({ body: tokenBody('t', { token_type: 'bEARER' }) })
    assert.equal((await fixture.tokens.getToken()).tokenType, 'Bearer')
  })

  it('trap: client_secret with characters outside Latin-1', async () => {
    await using fixture = await startManager({ clientSecret: '秘密🔑' })
    await fixture.get()
    const [, encoded = ''] = fixture.server.tokenRequests()[0]?.headers.authorization?.split(' ') ?? []
    assert.equal(parseBasicCredentials(encoded).clientSecret, '秘密🔑')
  })
})
