import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { after, describe, it } from 'node:test'
import axios from 'axios'
import { Agent, type Dispatcher, FormData, request, fetch as undiciFetch } from 'undici'
import type { TokenManagerOptions } from '../configuration.ts'
import { decodeJwt } from '../testing/decode_jwt.ts'
import { rejectsWith } from '../testing/expect.ts'
import { type Answer, type Received, startAuthorizationServer, startServer, tokenBody } from '../testing/fake_server.ts'
import { createFakeTime } from '../testing/fake_time.ts'
import { TokenError } from '../token_error.ts'
import { createTokenManager, type TokenManager } from '../token_manager.ts'
import { attachTokens } from './axios.ts'
import { tokenInterceptor } from './undici.ts'

interface Sent {
  readonly method?: 'GET' | 'PUT'
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer | Readable
  readonly signal?: AbortSignal
}
interface Had {
  readonly status: number
  readonly text: string
}
/** Sends a request with tokens, by one of the clients. */
type Call = (url: string, sent?: Sent) => Promise<Had>

const agent = new Agent()
after(() => agent.close())

const withAxios = (tokens: TokenManager, adapter: 'http' | 'fetch'): Call => {
  const instance = axios.create({ adapter, validateStatus: () => true, responseType: 'text', transformResponse: [] })
  attachTokens(instance, tokens)
  return async (url, { body, ...sent } = {}) => {
    const { status, data } = await instance.request({ url, ...(body !== undefined && { data: body }), ...sent })
    return { status, text: String(data) }
  }
}

const clients: Readonly<Record<string, (tokens: TokenManager) => Call>> = {
  'undici request': (tokens) => {
    const dispatcher = agent.compose(tokenInterceptor(tokens))
    return async (url, { body = null, ...sent } = {}) => {
      const answer = await request(url, { dispatcher, body, ...sent })
      return { status: answer.statusCode, text: await answer.body.text() }
    }
  },
  'axios http': (tokens) => withAxios(tokens, 'http'),
  'axios fetch': (tokens) => withAxios(tokens, 'fetch'),
}

interface Setting {
  readonly client: (tokens: TokenManager) => Call
  readonly api: (received: Received, count: number) => Answer
  readonly options?: Partial<TokenManagerOptions>
  readonly tokenType?: string
}

/** An authorization server, an API that answers like this, and a client between them. */
const start = async ({ client, api, options = {}, tokenType = 'Bearer' }: Setting) => {
  const server = await startAuthorizationServer((_received, count) => ({
    body: tokenBody(`token-${count}`, { token_type: tokenType }),
  }))
  let count = 0
  const resource = await startServer((received) => api(received, ++count))
  const tokens = createTokenManager({
    issuer: server.url,
    clientId: 'a',
    clientSecret: 'b',
    allowedOrigins: [resource.url, 'http://api.example.com'],
    ...options,
  })
  return {
    tokens,
    url: `${resource.url}/jobs`,
    call: client(tokens),
    requests: resource.received,
    authorizations: () => resource.received.map(({ headers }) => headers.authorization),
    issued: () => server.tokenRequests().length,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]()
      await resource[Symbol.asyncDispose]()
    },
  }
}

const invalidToken = {
  status: 401,
  headers: { 'www-authenticate': 'Bearer realm="api", error="invalid_token"' },
  body: 'no',
}
const refusingFirst = ({ headers }: Received): Answer =>
  headers.authorization === 'Bearer token-1' ? invalidToken : { body: 'yes' }

for (const [name, client] of Object.entries(clients))
  describe(name, () => {
    it('RFC 6750 §2.1: sends the token in place of the caller’s own, and whatever else the caller gives', async () => {
      await using api = await start({ client, api: () => ({ body: 'yes' }) })
      const headers = { 'x-trace': '1', Authorization: 'Basic own' }
      assert.deepEqual(await api.call(api.url, { method: 'PUT', headers, body: 'text' }), { status: 200, text: 'yes' })
      await api.call(api.url)
      const [sent] = api.requests
      assert.deepEqual([sent?.method, sent?.body, sent?.headers['x-trace']], ['PUT', 'text', '1'])
      assert.deepEqual(api.authorizations(), ['Bearer token-1', 'Bearer token-1'])
      assert.equal(api.issued(), 1)
    })

    it('RFC 6750 §3.1: invalid_token → that token is dropped and the request sent once more, with its body', async () => {
      await using api = await start({ client, api: refusingFirst })
      assert.deepEqual(await api.call(api.url, { method: 'PUT', body: 'text' }), { status: 200, text: 'yes' })
      assert.deepEqual(api.authorizations(), ['Bearer token-1', 'Bearer token-2'])
      assert.deepEqual(
        api.requests.map(({ body }) => body),
        ['text', 'text'],
      )
      await api.call(api.url, { method: 'PUT', body: Buffer.from('text') })
      assert.equal(api.issued(), 2)
    })

    it('sends once more, never twice; the last answer whole', async () => {
      await using api = await start({ client, api: () => invalidToken })
      assert.deepEqual(await api.call(api.url), { status: 401, text: 'no' })
      assert.equal(api.requests.length, 2)
    })

    it('any other 401 drops no token, and is handed out whole', async () => {
      for (const challenge of ['Bearer', 'Bearer error="insufficient_scope"', 'DPoP error="invalid_token"']) {
        const answer = { ...invalidToken, headers: { 'www-authenticate': challenge } }
        await using api = await start({ client, api: () => answer })
        assert.deepEqual(await api.call(api.url), { status: 401, text: 'no' })
        await api.tokens.getToken()
        assert.deepEqual([api.requests.length, api.issued()], [1, 1])
      }
    })

    it('ten requests refused with one token: one new token (compare and invalidate)', async () => {
      await using api = await start({ client, api: refusingFirst })
      await api.tokens.getToken()
      const had = await Promise.all(Array.from({ length: 10 }, () => api.call(api.url)))
      assert.deepEqual(
        had.map(({ status }) => status),
        Array(10).fill(200),
      )
      assert.equal(api.issued(), 2)
    })

    it('a stream is never replayed: the answer is handed out, and the next request has a new token', async () => {
      await using api = await start({ client, api: refusingFirst })
      const body = Readable.from(['te', 'xt'])
      assert.deepEqual(await api.call(api.url, { method: 'PUT', body }), { status: 401, text: 'no' })
      assert.deepEqual(
        api.requests.map((received) => received.body),
        ['text'],
      )
      assert.equal((await api.call(api.url)).status, 200)
    })

    it('never to http on another machine, and no token is even asked for', async () => {
      await using api = await start({ client, api: () => ({}) })
      await rejectsWith(api.call('http://api.example.com/'), 'insecure_url')
      assert.equal(api.issued(), 0)
    })

    it('C3: not to another origin by a redirect', async () => {
      await using other = await startServer(() => ({ body: 'other' }))
      await using api = await start({ client, api: () => ({ status: 307, headers: { location: other.url } }) })
      await api.call(api.url)
      for (const { headers } of other.received) assert.equal(headers.authorization, undefined)
      assert.equal(api.requests.length, 1)
    })

    it('no token to be had: the error of getToken', async () => {
      await using api = await start({
        client,
        api: () => ({}),
        options: { issuer: 'http://127.0.0.1:9', retry: { maxAttempts: 1 } },
      })
      await rejectsWith(api.call(api.url), 'network_error')
      assert.equal(api.requests.length, 0)
    })

    it('the caller’s signal ends the wait for a token', async () => {
      await using silent = await startServer(() => undefined)
      const options = { tokenEndpoint: silent.url }
      await using api = await start({ client, api: () => ({}), options })
      await assert.rejects(api.call(api.url, { signal: AbortSignal.timeout(50) }))
      assert.equal(api.requests.length, 0)
      api.tokens.close()
    })

    it('RFC 9449 §7, §9: DPoP with a proof for each request, and a nonce when it is asked for', async () => {
      await using api = await start({
        client,
        tokenType: 'DPoP',
        options: { dpop: {} },
        api: (_received, count) => {
          const headers = { 'dpop-nonce': `n${count}`, 'www-authenticate': 'DPoP error="use_dpop_nonce"' }
          return count === 1 ? { status: 401, headers, body: 'no' } : { headers, body: 'yes' }
        },
      })
      assert.equal((await api.call(`${api.url}?page=1`, { method: 'PUT', body: 'text' })).status, 200)
      assert.equal((await api.call(api.url)).status, 200)
      const proofs = api.requests.map(({ headers }) => decodeJwt(String(headers.dpop)).payload)
      assert.deepEqual(
        proofs.map(({ htm, htu, nonce }) => [htm, htu, nonce]),
        [
          ['PUT', api.url, undefined],
          ['PUT', api.url, 'n1'],
          ['GET', api.url, 'n2'],
        ],
      )
      assert.deepEqual(api.authorizations(), Array(3).fill('DPoP token-1'))
    })
  })

describe('undici', () => {
  const client = clients['undici request'] ?? assert.fail()
  const through = (tokens: TokenManager): Dispatcher => agent.compose(tokenInterceptor(tokens))

  it('without allowedOrigins it does not know where the API is', () => {
    const tokens = createTokenManager({ issuer: 'https://as.example.com', clientId: 'a', clientSecret: 'b' })
    assert.throws(() => tokenInterceptor(tokens), /allowedOrigins/)
  })

  it('C3: undici’s fetch follows a redirect to another origin without the token', async () => {
    await using other = await startServer(() => ({ body: 'other' }))
    await using api = await start({ client, api: () => ({ status: 307, headers: { location: other.url } }) })
    const response = await undiciFetch(api.url, { dispatcher: through(api.tokens) })
    assert.equal(await response.text(), '"other"'.slice(1, -1))
    assert.deepEqual(api.authorizations(), ['Bearer token-1'])
    assert.equal(other.received[0]?.headers.authorization, undefined)
  })

  it('a path that looks like another host stays where it is', async () => {
    await using api = await start({ client, api: () => ({ body: 'yes' }) })
    const dispatcher = through(api.tokens)
    const { statusCode, body } = await dispatcher.request({
      origin: new URL(api.url).origin,
      path: '//evil.example/x',
      method: 'GET',
    })
    await body.dump()
    assert.deepEqual([statusCode, api.authorizations()], [200, ['Bearer token-1']])
  })

  it('headers as a list, as pairs and as an object; FormData can be sent again', async () => {
    await using api = await start({ client, api: refusingFirst })
    const dispatcher = through(api.tokens)
    const form = new FormData()
    form.set('a', 'b')
    for (const headers of [
      ['X-Trace', '1', 'AUTHORIZATION', 'own'],
      new Map([['x-trace', '1']]),
      { 'x-trace': ['1'] },
    ]) {
      const answer = await request(api.url, { dispatcher, method: 'POST', headers, body: form })
      await answer.body.dump()
      assert.equal(answer.statusCode, 200)
    }
    for (const { headers, body } of api.requests) {
      assert.equal(headers['x-trace'], '1')
      assert.match(body, /name="a"/)
    }
    assert.deepEqual(api.authorizations().toSorted(), ['Bearer token-1', ...Array(3).fill('Bearer token-2')])
  })

  it('a refusal that never ends is not read to its end', async () => {
    const endless = { ...invalidToken, body: 'x'.repeat(1_000_000) }
    await using api = await start({ client, api: (_received, count) => (count === 1 ? endless : { body: 'yes' }) })
    assert.deepEqual(await api.call(api.url), { status: 200, text: 'yes' })
  })
})

describe('axios', () => {
  const client = clients['axios http'] ?? assert.fail()

  it('C2: the token is in nothing that axios prints, nor in a config that an interceptor sees', async () => {
    await using api = await start({ client, api: () => ({ status: 403, body: 'no' }) })
    const { inspect } = await import('node:util')
    for (const adapter of ['http', 'fetch'] as const) {
      const instance = axios.create({ adapter })
      const seen: unknown[] = []
      instance.interceptors.request.use((config) => {
        seen.push(config)
        return config
      })
      attachTokens(instance, api.tokens)
      const error = await instance.get(api.url).catch((thrown: unknown) => thrown)
      assert.ok(axios.isAxiosError(error))
      assert.equal(error.response?.status, 403)
      for (const told of [error, error.toJSON(), error.response, seen])
        assert.ok(!inspect(told, { depth: 12, getters: true }).includes('token-1'))
    }
    assert.deepEqual(api.authorizations(), Array(2).fill('Bearer token-1'))
  })

  it('baseURL and params make the URL; JSON is sent once more as it was, and not encoded twice', async () => {
    await using api = await start({ client, api: refusingFirst })
    const instance = axios.create({ baseURL: new URL(api.url).origin })
    attachTokens(instance, api.tokens)
    assert.equal((await instance.post('/jobs', { a: 'b' }, { params: { page: 1 } })).data, 'yes')
    assert.deepEqual(
      api.requests.map(({ path, body }) => [path, body]),
      Array(2).fill(['/jobs?page=1', '{"a":"b"}']),
    )
  })

  it('a config that is sent again by somebody else has one token, and off is off', async () => {
    await using api = await start({
      client,
      api: (_received, count) => (count === 1 ? { status: 503, body: 'no' } : {}),
    })
    const instance = axios.create()
    const detach = attachTokens(instance, api.tokens)
    const error = await instance.get(api.url).catch((thrown: unknown) => thrown)
    assert.ok(axios.isAxiosError(error) && error.config)
    assert.equal((await instance.request(error.config)).status, 200)
    detach()
    await instance.get(api.url)
    assert.deepEqual(api.authorizations(), ['Bearer token-1', 'Bearer token-1', undefined])
  })

  it('… and not two chances', async () => {
    const { clock, advance } = createFakeTime()
    await using api = await start({ client, api: () => invalidToken, options: { clock } })
    const instance = axios.create()
    attachTokens(instance, api.tokens)
    const error = await instance.get(api.url).catch((thrown: unknown) => thrown)
    assert.ok(axios.isAxiosError(error) && error.config)
    // long enough for a second refusal to be worth another token
    advance(1)
    await assert.rejects(instance.request(error.config))
    assert.equal(api.requests.length, 4)
  })

  it('C3: not to a subdomain by a redirect', async () => {
    const options = { allowedOrigins: undefined }
    const answer = ({ headers: { host = '' } }: Received): Answer =>
      host.startsWith('sub.') ? {} : { status: 307, headers: { location: `http://sub.${host}/` } }
    await using api = await start({ client, api: answer, options })
    const instance = axios.create({ lookup: (_host, _options, found) => found(null, '127.0.0.1', 4) })
    attachTokens(instance, api.tokens)
    await instance.get(`http://localhost:${new URL(api.url).port}/`)
    assert.deepEqual(api.authorizations(), ['Bearer token-1', undefined])
  })

  it('allowedOrigins: nothing is sent elsewhere', async () => {
    await using other = await startServer(() => ({}))
    await using api = await start({ client, api: () => ({}) })
    await rejectsWith(api.call(other.url), 'origin_not_allowed')
    assert.equal(other.received.length, 0)
  })

  it('C3: a 401 of another origin drops no token; a redirect on the same origin keeps it', async () => {
    await using other = await startServer(() => invalidToken)
    await using api = await start({
      client,
      api: ({ path }) =>
        path === '/jobs'
          ? { status: 307, headers: { location: '/moved' } }
          : { status: 307, headers: { location: other.url } },
    })
    assert.equal((await api.call(api.url)).status, 401)
    await api.tokens.getToken()
    assert.equal(api.issued(), 1)
    assert.deepEqual(api.authorizations(), ['Bearer token-1', 'Bearer token-1'])
    assert.equal(other.received[0]?.headers.authorization, undefined)
  })

  it('RFC 9449: with DPoP a redirect is not followed', async () => {
    await using other = await startServer(() => ({}))
    const api = () => ({ status: 307, headers: { location: other.url } })
    for (const each of [client, clients['axios fetch'] ?? assert.fail()]) {
      await using it = await start({ client: each, api, tokenType: 'DPoP', options: { dpop: {} } })
      await it.call(it.url).catch((error: unknown) => assert.ok(!(error instanceof TokenError)))
    }
    assert.equal(other.received.length, 0)
  })
})
