import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createGate, rejectsWith } from '../testing/expect.ts'
import { type Answer, type Received, startAuthorizationServer, startServer, tokenBody } from '../testing/fake_server.ts'
import { createFakeTime } from '../testing/fake_time.ts'
import { createTokenManager } from '../token_manager.ts'

const challenge = (value: string): Answer => ({ status: 401, headers: { 'www-authenticate': value }, body: 'no' })
const invalidToken = challenge('Bearer realm="api", error="invalid_token", error_description="revoked"')

/** An authorization server, an API that answers like this, and a token manager between them. */
const start = async (api: (received: Received) => Answer, sameTokenAlways = false) => {
  const server = await startAuthorizationServer(() => (sameTokenAlways ? { body: tokenBody('token-1') } : {}))
  const resource = await startServer(api)
  const time = createFakeTime()
  const tokens = createTokenManager({ issuer: server.url, clientId: 'a', clientSecret: 'b', clock: time.clock })
  return {
    time,
    tokens,
    url: `${resource.url}/jobs`,
    requests: resource.received,
    issued: () => server.tokenRequests().length,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]()
      await resource[Symbol.asyncDispose]()
    },
  }
}

/** Refuses token-1 and takes any other. */
const refusingFirst = ({ headers }: Received): Answer =>
  headers.authorization === 'Bearer token-1' ? invalidToken : { body: { ok: true } }

describe('fetch', () => {
  it('RFC 6750 §2.1: sends the token, and whatever else the caller gives', async () => {
    await using api = await start(() => ({ body: { ok: true } }))
    const headers = { 'x-trace': '1', authorization: 'Basic own' }
    const response = await api.tokens.fetch(api.url, { method: 'PUT', headers, body: 'text' })
    assert.deepEqual(await response.json(), { ok: true })
    const [request] = api.requests
    assert.equal(request?.headers.authorization, 'Bearer token-1')
    assert.equal(request?.headers['x-trace'], '1')
    assert.equal(request?.method, 'PUT')
    assert.equal(request?.body, 'text')
  })

  it('works taken off the manager, with a string, a URL and a Request', async () => {
    await using api = await start(() => ({}))
    const { fetch } = api.tokens
    await fetch(api.url)
    await fetch(new URL(api.url))
    await fetch(new Request(api.url, { method: 'POST', headers: { 'x-trace': '2' }, body: 'text' }))
    assert.deepEqual(
      api.requests.map(({ headers }) => headers.authorization),
      Array(3).fill('Bearer token-1'),
    )
    assert.equal(api.requests[2]?.headers['x-trace'], '2')
    assert.equal(api.requests[2]?.body, 'text')
    assert.equal(api.issued(), 1)
  })

  it('RFC 6750 §3.1: invalid_token → that token is dropped and the request sent once more', async () => {
    await using api = await start(refusingFirst)
    const response = await api.tokens.fetch(api.url, { method: 'POST', body: new URLSearchParams({ a: 'b' }) })
    assert.equal(response.status, 200)
    assert.deepEqual(
      api.requests.map(({ headers, body }) => [headers.authorization, body]),
      [
        ['Bearer token-1', 'a=b'],
        ['Bearer token-2', 'a=b'],
      ],
    )
    await api.tokens.fetch(api.url)
    assert.equal(api.issued(), 2)
  })

  it('sends once more, never twice', async () => {
    await using api = await start(() => invalidToken)
    assert.equal((await api.tokens.fetch(api.url)).status, 401)
    assert.equal(api.requests.length, 2)
  })

  it('an API that refuses every token: no new token for every call, but after 1, 2, 4, 8, 16 and then every 30 s', async () => {
    await using api = await start(() => invalidToken)
    const stream = () => new Blob(['once']).stream()
    const renewedAt: number[] = []
    for (let second = 0; second <= 100; second++) {
      const before = api.issued()
      for (const body of [null, 'text', stream()]) {
        const answer = await api.tokens.fetch(api.url, { method: 'POST', body, duplex: 'half' })
        assert.deepEqual([answer.status, await answer.text()], [401, 'no'])
      }
      if (api.issued() > before && second > 0) renewedAt.push(second)
      api.time.advance(1)
    }
    assert.deepEqual(renewedAt, [1, 3, 7, 15, 31, 61, 91])
  })

  it('another origin that takes tokens is none the worse for it, and it passes', async () => {
    await using api = await start(() => invalidToken)
    let refused = ''
    await using other = await startServer(({ headers: { authorization = '' } }) =>
      authorization === refused ? invalidToken : {},
    )
    await api.tokens.fetch(api.url)
    refused = `Bearer ${(await api.tokens.getToken()).accessToken}`
    assert.equal((await api.tokens.fetch(other.url)).status, 200)
    refused = `Bearer ${(await api.tokens.getToken()).accessToken}`
    api.time.advance(2)
    assert.equal((await api.tokens.fetch(other.url)).status, 200)
  })

  it('ten requests refused with one token: one new token', async () => {
    await using api = await start(refusingFirst)
    await api.tokens.getToken()
    const responses = await Promise.all(Array.from({ length: 10 }, () => api.tokens.fetch(api.url)))
    assert.deepEqual(
      responses.map(({ status }) => status),
      Array(10).fill(200),
    )
    assert.equal(api.issued(), 2)
  })

  for (const value of [
    'Bearer',
    'Bearer realm="api"',
    'Bearer error="insufficient_scope"',
    'Bearer error="invalid_request"',
    'DPoP error="invalid_token"',
    'Basic realm="Bearer error=\\"invalid_token\\""',
  ])
    it(`RFC 6750 §3.1: ${value} drops no token`, async () => {
      await using api = await start(() => challenge(value))
      const response = await api.tokens.fetch(api.url)
      assert.equal(response.status, 401)
      assert.equal(await response.text(), 'no')
      await api.tokens.getToken()
      assert.deepEqual([api.requests.length, api.issued()], [1, 1])
    })

  it('a 401 without a challenge and a 403 with one drop no token', async () => {
    for (const answer of [
      { status: 401, body: 'no' },
      { ...invalidToken, status: 403 },
    ]) {
      await using api = await start(() => answer)
      await api.tokens.fetch(api.url)
      await api.tokens.getToken()
      assert.deepEqual([api.requests.length, api.issued()], [1, 1])
    }
  })

  it('finds the challenge among others, in any case of letters', async () => {
    for (const value of ['Basic realm="x", bearer error="invalid_token"', 'BEARER error=invalid_token, DPoP']) {
      await using api = await start(() => challenge(value))
      await api.tokens.fetch(api.url)
      assert.equal(api.requests.length, 2)
    }
  })

  it('a server that gives the refused token again: the first answer is returned, whole', async () => {
    await using api = await start(() => invalidToken, true)
    const response = await api.tokens.fetch(api.url)
    assert.equal(await response.text(), 'no')
    assert.equal(api.requests.length, 1)
  })

  it('when no new token can be had, says why', async () => {
    await using server = await startAuthorizationServer((_received, count) =>
      count === 1 ? {} : { status: 401, body: { error: 'invalid_client' } },
    )
    await using resource = await startServer(() => invalidToken)
    const tokens = createTokenManager({ issuer: server.url, clientId: 'a', clientSecret: 'b' })
    await rejectsWith(tokens.fetch(resource.url), 'invalid_client')
  })
})

describe('bodies', () => {
  const bytes = new TextEncoder().encode('text')
  const replayable: Record<string, () => NonNullable<RequestInit['body']>> = {
    string: () => 'text',
    URLSearchParams: () => new URLSearchParams('text'),
    Uint8Array: () => bytes,
    ArrayBuffer: () => bytes.buffer,
    Blob: () => new Blob(['text']),
  }
  for (const [name, body] of Object.entries(replayable))
    it(`${name} can be sent again`, async () => {
      await using api = await start(refusingFirst)
      assert.equal((await api.tokens.fetch(api.url, { method: 'POST', body: body() })).status, 200)
      assert.deepEqual(
        api.requests.map((request) => request.body.replace(/=$/, '')),
        ['text', 'text'],
      )
    })

  it('FormData can be sent again', async () => {
    await using api = await start(refusingFirst)
    const body = new FormData()
    body.set('file', new Blob(['text']), 'a.txt')
    await api.tokens.fetch(api.url, { method: 'POST', body })
    assert.equal(api.requests.length, 2)
    for (const request of api.requests) assert.match(request.body, /filename="a.txt"[\s\S]*text/)
  })

  it('a stream is never replayed: the answer is returned, and the next request has a new token', async () => {
    await using api = await start(refusingFirst)
    const body = new Blob(['text']).stream()
    const response = await api.tokens.fetch(api.url, { method: 'POST', body, duplex: 'half' })
    assert.equal(response.status, 401)
    assert.equal(await response.text(), 'no')
    assert.deepEqual(
      api.requests.map((request) => request.body),
      ['text'],
    )
    assert.equal((await api.tokens.fetch(api.url)).status, 200)
  })

  it('neither is the body of a Request; a Request without one is sent again', async () => {
    await using first = await start(refusingFirst)
    const response = await first.tokens.fetch(new Request(first.url, { method: 'POST', body: 'text' }))
    assert.equal(response.status, 401)
    assert.equal(first.requests.length, 1)
    await using second = await start(refusingFirst)
    assert.equal((await second.tokens.fetch(new Request(second.url))).status, 200)
  })
})

describe('where a token may go', () => {
  it('never to http on another machine, and no token is even asked for', async () => {
    await using api = await start(() => ({}))
    await rejectsWith(api.tokens.fetch('http://api.example.com/'), 'insecure_url')
    await rejectsWith(api.tokens.fetch(new Request('http://api.example.com/')), 'insecure_url')
    await rejectsWith(api.tokens.fetch(new URL('ftp://127.0.0.1/')), 'insecure_url')
    assert.equal(api.issued(), 0)
  })

  it('C3: not to another origin by a redirect, whose 401 drops no token', async () => {
    await using other = await startServer(() => invalidToken)
    await using api = await start(() => ({ status: 307, headers: { location: other.url } }))
    assert.equal((await api.tokens.fetch(api.url)).status, 401)
    assert.equal(other.received.length, 1)
    assert.equal(other.received[0]?.headers.authorization, undefined)
    await api.tokens.getToken()
    assert.deepEqual([api.requests.length, api.issued()], [1, 1])
  })
})

describe('signals', () => {
  it("the caller's signal ends the wait for a token with its own reason, as fetch does", async () => {
    const arrived = createGate()
    await using server = await startAuthorizationServer(() => {
      arrived.open()
      return undefined
    })
    const tokens = createTokenManager({ issuer: server.url, clientId: 'a', clientSecret: 'b' })
    for (const send of [
      (signal: AbortSignal) => tokens.fetch(server.url, { signal }),
      (signal: AbortSignal) => tokens.fetch(new Request(server.url, { signal })),
    ]) {
      const leaving = new AbortController()
      const waiting = assert.rejects(send(leaving.signal), { name: 'AbortError' })
      await arrived.opened
      leaving.abort()
      await waiting
    }
    tokens.close()
  })
})
