import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TokenManagerOptions } from '../configuration.ts'
import { rejectsWith } from '../testing/expect.ts'
import { type Answer, metadataPath, startServer, tokenBody } from '../testing/fake_server.ts'
import { createFakeTime, timeoutMs } from '../testing/fake_time.ts'
import type { TokenErrorCode } from '../token_error.ts'
import { createTokenManager } from '../token_manager.ts'

const client = { clientId: 'a', clientSecret: 'cs_secret' }

/** A server whose metadata is what the function makes of its own URL, and another server, which must hear nothing. */
const startPair = async (metadata: (url: string, otherUrl: string) => Answer) => {
  const other = await startServer(() => ({ body: tokenBody('stolen') }))
  const server = await startServer(({ path }) =>
    path === metadataPath
      ? metadata(server.url, other.url)
      : { status: path === '/token' ? 200 : 404, body: tokenBody('good') },
  )
  return {
    server,
    other,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]()
      await other[Symbol.asyncDispose]()
    },
  }
}

const refused = async (
  metadata: Parameters<typeof startPair>[0],
  code: TokenErrorCode,
  options: Partial<TokenManagerOptions> = {},
) => {
  await using pair = await startPair(metadata)
  const tokens = createTokenManager({ issuer: pair.server.url, ...client, retry: { maxAttempts: 1 }, ...options })
  const error = await rejectsWith(tokens.getToken(), code)
  assert.equal(pair.other.received.length, 0, 'the other server was contacted')
  for (const { method } of pair.server.received) assert.equal(method, 'GET', 'a credential was sent')
  return error
}

describe('C1: hostile metadata', () => {
  it('C1: another issuer → issuer_mismatch, and no credential is sent', async () => {
    await refused(
      (url, otherUrl) => ({ body: { issuer: otherUrl, token_endpoint: `${url}/token` } }),
      'issuer_mismatch',
    )
    await refused((url) => ({ body: { issuer: `${url}/`, token_endpoint: `${url}/token` } }), 'issuer_mismatch')
    await refused((url) => ({ body: { issuer: `${url}/tenant`, token_endpoint: `${url}/token` } }), 'issuer_mismatch')
  })

  it('C1: a token endpoint on another origin → untrusted_endpoint, and no credential is sent', async () => {
    const elsewhere = [
      '{other}/token',
      'https://attacker.example/token',
      'https://127.0.0.1/token',
      'data:,x',
      'file:///etc/passwd',
    ]
    for (const endpoint of elsewhere) {
      const metadata: Parameters<typeof startPair>[0] = (url, otherUrl) => ({
        body: { issuer: url, token_endpoint: endpoint.replace('{other}', otherUrl) },
      })
      await refused(metadata, 'untrusted_endpoint')
    }
    await refused(
      (url) => ({
        body: { issuer: url, token_endpoint: `${url.replace('http://', 'http://as.example@127.0.0.2:1/?')}/token` },
      }),
      'untrusted_endpoint',
    )
  })

  it('C1: tokenEndpoint allows another origin; then the metadata is not even read', async () => {
    await using pair = await startPair(() => ({ status: 500 }))
    const tokens = createTokenManager({ issuer: pair.server.url, tokenEndpoint: `${pair.other.url}/token`, ...client })
    assert.equal((await tokens.getToken()).accessToken, 'stolen')
    assert.equal(pair.server.received.length, 0)
  })

  it('C1: a redirect is never followed, neither by discovery nor with a credential', async () => {
    await refused((_url, otherUrl) => ({ status: 302, headers: { location: otherUrl } }), 'malformed_response')
    for (const status of [301, 302, 303, 307, 308]) {
      await using other = await startServer(() => ({ body: tokenBody('stolen') }))
      await using server = await startServer(() => ({ status, headers: { location: `${other.url}/token` } }))
      const tokens = createTokenManager({ issuer: server.url, tokenEndpoint: `${server.url}/token`, ...client })
      await rejectsWith(tokens.getToken(), 'malformed_response')
      assert.equal(other.received.length, 0)
    }
  })

  it('C1: a fetch that followed a redirect by itself is not believed', async () => {
    const followed = new Response(JSON.stringify(tokenBody('stolen')))
    Object.defineProperty(followed, 'redirected', { value: true })
    const tokens = createTokenManager({
      issuer: 'https://as.example.com',
      tokenEndpoint: 'https://as.example.com/token',
      ...client,
      fetch: async () => followed,
    })
    await rejectsWith(tokens.getToken(), 'malformed_response')
  })

  it('C1: no token endpoint, no issuer, no JSON, too long → malformed_response', async () => {
    await refused((url) => ({ body: { issuer: url } }), 'malformed_response')
    await refused((url) => ({ body: { issuer: url, token_endpoint: ['x'] } }), 'malformed_response')
    await refused((url) => ({ body: { token_endpoint: `${url}/token` } }), 'malformed_response')
    await refused((url) => ({ body: { issuer: 'no url', token_endpoint: `${url}/token` } }), 'malformed_response')
    await refused(() => ({ body: '<html>' }), 'malformed_response')
    await refused(() => ({ body: '[]' }), 'malformed_response')
    await refused(
      (url) => ({ body: { issuer: url, token_endpoint: `${url}/token`, more: 'x'.repeat(100_000) } }),
      'malformed_response',
    )
  })
})

describe('discovery', () => {
  it('RFC 8414 §3.1: the well-known path goes before the path of the issuer', async () => {
    await using server = await startServer(({ path }) =>
      path === `${metadataPath}/tenant/1`
        ? { body: { issuer: `${server.url}/tenant/1`, token_endpoint: `${server.url}/token` } }
        : { body: tokenBody('good') },
    )
    const tokens = createTokenManager({ issuer: `${server.url}/tenant/1`, ...client })
    assert.equal((await tokens.getToken()).accessToken, 'good')
  })

  it('RFC 8414 §5: where there is none, the document of OpenID Connect is read', async () => {
    await using server = await startServer(({ path }) => {
      if (path === metadataPath) return { status: 404, body: 'none' }
      if (path !== '/.well-known/openid-configuration') return { body: tokenBody('good') }
      return { body: { issuer: server.url, token_endpoint: `${server.url}/token` } }
    })
    assert.equal((await createTokenManager({ issuer: server.url, ...client }).getToken()).accessToken, 'good')
  })

  it('a failure is not remembered', async () => {
    let down = true
    await using pair = await startPair((url) =>
      down ? { status: 500 } : { body: { issuer: url, token_endpoint: `${url}/token` } },
    )
    const tokens = createTokenManager({ issuer: pair.server.url, ...client })
    await rejectsWith(tokens.getToken(), 'server_error')
    down = false
    assert.equal((await tokens.getToken()).accessToken, 'good')
  })

  it('metadata is read again after an hour, and what was known serves while that fails', async () => {
    const time = createFakeTime()
    let down = false
    await using pair = await startPair((url) =>
      down ? { status: 500 } : { body: { issuer: url, token_endpoint: `${url}/token` } },
    )
    const tokens = createTokenManager({ issuer: pair.server.url, ...client, ...time, timeoutMs })
    const readings = () => pair.server.received.filter(({ method }) => method === 'GET').length
    await tokens.getToken()
    time.advance(3599)
    await tokens.getToken()
    assert.equal(readings(), 1)
    down = true
    time.advance(3600)
    assert.equal((await tokens.getToken()).accessToken, 'good')
    assert.equal(readings(), 2)
  })
})
