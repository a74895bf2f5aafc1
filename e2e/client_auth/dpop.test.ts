import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { describe, it } from 'node:test'
import { createTokenManager, type TokenManagerOptions } from '@credence/client'
import { allowInsecureRequests, discoveryRequest, processDiscoveryResponse, validateJwtAccessToken } from 'oauth4webapi'
import { audience, startProvider } from './provider.ts'

const clients = [
  {
    client_id: 'bound',
    client_secret: 'bound_secret',
    token_endpoint_auth_method: 'client_secret_basic',
    dpop_bound_access_tokens: true,
  },
  { client_id: 'free', client_secret: 'free_secret', token_endpoint_auth_method: 'client_secret_basic' },
]

/** An API that checks token, proof and binding by somebody else's library, and hands out a nonce with each 200 if told to. */
const startApi = async (issuer: string, nonces: readonly string[] = []) => {
  const discovery = await discoveryRequest(new URL(issuer), { [allowInsecureRequests]: true })
  const metadata = await processDiscoveryResponse(new URL(issuer), discovery)
  const proofs: { readonly nonce?: string; readonly jti: string; readonly ath: string }[] = []
  const server = createServer(async (request, response) => {
    const host = `http://${request.headers.host}`
    const { authorization = '', dpop = '' } = request.headers
    const [, payload = ''] = String(dpop).split('.')
    const proof = JSON.parse(Buffer.from(payload, 'base64url').toString() || '{}')
    const expected = nonces[Math.max(0, proofs.length - 1)]
    proofs.push(proof)
    const next = nonces[proofs.length - 1]
    const headers = next === undefined ? {} : { 'dpop-nonce': next }
    if (nonces.length > 0 && proof.nonce !== expected) {
      response.writeHead(401, { ...headers, 'www-authenticate': 'DPoP error="use_dpop_nonce"' }).end()
      return
    }
    const asked = new Request(`${host}${request.url}`, {
      method: request.method ?? '',
      headers: { authorization, dpop: String(dpop) },
    })
    try {
      const claims = await validateJwtAccessToken(metadata, asked, audience, { [allowInsecureRequests]: true })
      response.writeHead(200, { ...headers, 'content-type': 'application/json' }).end(JSON.stringify(claims))
    } catch (error) {
      response.writeHead(401, { 'www-authenticate': 'DPoP error="invalid_token"' }).end(String(error))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    proofs,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const createBound = (issuer: string, dpop: TokenManagerOptions['dpop'] = {}) =>
  createTokenManager({ issuer, clientId: 'bound', clientSecret: 'bound_secret', dpop })

describe('oidc-provider: DPoP', () => {
  for (const alg of ['ES256', 'EdDSA'] as const) {
    it(`RFC 9449 §5, §7: a token bound to a key that was made here (${alg}), and an API that checks the proofs`, async () => {
      await using provider = await startProvider({ clients })
      await using api = await startApi(provider.issuer)
      const tokens = createBound(provider.issuer, { alg })
      assert.equal((await tokens.getToken()).tokenType, 'DPoP')
      for (const path of ['/orders?page=1', '/orders']) {
        const answer = await tokens.fetch(`${api.url}${path}`, { method: 'post' })
        assert.equal(answer.status, 200, await answer.clone().text())
        assert.match(await answer.text(), /"client_id":"bound"/)
      }
      assert.equal(new Set(api.proofs.map(({ jti }) => jti)).size, 2)
    })
  }

  it('RFC 9449 §8: the server wants a nonce: one more request, and none more while the nonce is good', async () => {
    await using provider = await startProvider({ clients, requireNonce: true })
    const tokens = createBound(provider.issuer)
    assert.equal((await tokens.getToken()).tokenType, 'DPoP')
    assert.equal(provider.asked.length, 2)
    await tokens.getToken({ forceRefresh: true })
    assert.equal(provider.asked.length, 3)
  })

  it('RFC 9449 §8.2, §9: an API gives a new nonce with every answer, 200 included, and each is used for the next', async () => {
    await using provider = await startProvider({ clients })
    await using api = await startApi(provider.issuer, ['n1', 'n2', 'n3', 'n4'])
    const tokens = createBound(provider.issuer)
    for (let call = 0; call < 3; call++) assert.equal((await tokens.fetch(api.url)).status, 200)
    assert.deepEqual(
      api.proofs.map(({ nonce }) => nonce),
      [undefined, 'n1', 'n2', 'n3'],
    )
  })

  it('a client that must bind its tokens gets none without a proof', async () => {
    await using provider = await startProvider({ clients })
    const { issuer } = provider
    const tokens = createTokenManager({ issuer, clientId: 'bound', clientSecret: 'bound_secret' })
    await assert.rejects(tokens.getToken())
    const free = createTokenManager({ issuer, clientId: 'free', clientSecret: 'free_secret' })
    assert.equal((await free.getToken()).tokenType, 'Bearer')
  })
})
