import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { rejectsWith } from './testing/expect.ts'
import { type Answer, startServer } from './testing/fake_server.ts'
import { startManager } from './testing/start_manager.ts'

describe('trap: requests that carry the token', () => {
  const invalidToken: Answer = {
    status: 401,
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    body: 'no',
  }

  it('trap: invalidate only the token that was refused, and never replay a consumed body', async () => {
    await using fixture = await startManager()
    await using api = await startServer(({ headers }) =>
      headers.authorization === 'Bearer token-1' ? invalidToken : { body: 'yes' },
    )
    const body = new Blob(['text']).stream()
    const refused = await fixture.tokens.fetch(api.url, { method: 'POST', body, duplex: 'half' })
    assert.equal(refused.status, 401)
    assert.equal(api.received.length, 1)
    assert.equal(await fixture.get(), 'token-2')
    fixture.tokens.invalidate('token-1')
    assert.equal(await fixture.get(), 'token-2')
  })

  it('C3: the Authorization header never follows a redirect to another origin, with an allow-list or without', async () => {
    await using other = await startServer(() => ({}))
    await using api = await startServer(() => ({ status: 307, headers: { location: `${other.url}/` } }))
    for (const allowedOrigins of [undefined, [api.url], [api.url, other.url]]) {
      await using fixture = await startManager({ allowedOrigins })
      await fixture.tokens.fetch(api.url)
    }
    assert.equal(api.received.filter(({ headers }) => headers.authorization !== undefined).length, 3)
    assert.deepEqual(
      other.received.map(({ headers }) => headers.authorization),
      [undefined, undefined, undefined],
    )
  })

  it('C3: tokens only go to origins on the allow-list; another is refused before a token is asked for', async () => {
    await using api = await startServer(() => ({}))
    await using fixture = await startManager({ allowedOrigins: [api.url] })
    await fixture.tokens.fetch(`${api.url}/any/path`)
    const { port } = new URL(api.url)
    const others = ['https://api.example.com/', `http://localhost:${port}/`, `http://127.0.0.1:${Number(port) - 1}/`]
    for (const url of others) {
      await rejectsWith(fixture.tokens.fetch(url), 'origin_not_allowed')
      await rejectsWith(fixture.tokens.fetch(new Request(url)), 'origin_not_allowed')
    }
    assert.equal(fixture.sent(), 1)
  })
})
