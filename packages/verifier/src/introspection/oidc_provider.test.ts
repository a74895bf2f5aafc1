import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import { createResourceServer } from '../resource_server.ts'

interface ProviderModule {
  readonly Provider: new (issuer: string, configuration: object) => { callback(): RequestListener }
}

// the package has no types of its own
const { Provider }: ProviderModule = createRequire(import.meta.url)('oidc-provider')

const resource = 'https://orders.example.com'

const client = (client_id: string) => ({
  client_id,
  client_secret: `${client_id} secret: %+/`,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
})

/** An authorization server that is not ours, whose tokens are opaque. */
const startProvider = async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const issuer = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const provider = new Provider(issuer, {
    clients: [client('job'), client('orders-server')],
    features: {
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: 'orders:read', accessTokenFormat: 'opaque' }),
      },
      devInteractions: { enabled: false },
    },
  })
  server.on('request', provider.callback())
  return {
    issuer,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const getToken = async (issuer: string): Promise<string> => {
  const { client_id, client_secret } = client('job')
  const pair = [client_id, client_secret].map((part) => new URLSearchParams({ '': part }).toString().slice(1)).join(':')
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(pair)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource, scope: 'orders:read' }),
  })
  const { access_token: token }: { access_token?: unknown } = JSON.parse(await response.text())
  assert.equal(typeof token, 'string')
  return String(token)
}

describe('oidc-provider as the issuer of opaque tokens', () => {
  it('RFC 7662: its tokens are accepted by what it says of them, found through OpenID Connect discovery', async () => {
    await using provider = await startProvider()
    const { client_id: clientId, client_secret: clientSecret } = client('orders-server')
    const { issuer } = provider
    const server = createResourceServer({ resource, issuers: [{ issuer, introspection: { clientId, clientSecret } }] })
    const verify = (token: string) =>
      server.verify({ headers: { authorization: `Bearer ${token}` } }, { all: ['orders:read'] })
    const result = await verify(await getToken(issuer))
    assert.ok(result.ok, result.ok ? '' : `${result.code}: ${result.description} ${result.detail}`)
    assert.deepEqual([result.token.clientId, result.token.scopes], ['job', ['orders:read']])
    const garbage = await verify('garbage')
    assert.ok(!garbage.ok)
    assert.equal(garbage.code, 'token_inactive')
  })
})
