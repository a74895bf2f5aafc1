import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import { clientSecretPost } from './client_auth/client_secret_post.ts'
import { rejectsWith } from './testing/expect.ts'
import { createTokenManager } from './token_manager.ts'

interface ProviderModule {
  readonly Provider: new (issuer: string, configuration: object) => { callback(): RequestListener }
}

// the package has no types of its own
const { Provider }: ProviderModule = createRequire(import.meta.url)('oidc-provider')

const secret = 'p-%+/:~ secret that needs encoding'

const registered = (client_id: string, token_endpoint_auth_method: 'client_secret_basic' | 'client_secret_post') => ({
  client_id,
  client_secret: secret,
  token_endpoint_auth_method,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  scope: 'jobs:read',
})

/** An authorization server that is not ours. */
const startProvider = async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const issuer = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const provider = new Provider(issuer, {
    clients: [registered('basic', 'client_secret_basic'), registered('post', 'client_secret_post')],
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    scopes: ['jobs:read', 'jobs:write'],
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

describe('oidc-provider as the authorization server', () => {
  it('RFC 6749 §4.4: gives a token for client_secret_basic, found by discovery', async () => {
    await using provider = await startProvider()
    const tokens = createTokenManager({
      issuer: provider.issuer,
      clientId: 'basic',
      clientSecret: secret,
      scope: 'jobs:read',
    })
    const token = await tokens.getToken()
    assert.match(token.accessToken, /^[\w-]{20,}$/)
    assert.equal(token.scope, 'jobs:read')
    assert.ok(token.expiresAt > Date.now() / 1000)
    assert.equal(await tokens.getToken(), token)
  })

  it('RFC 6749 §4.4: gives a token for client_secret_post', async () => {
    await using provider = await startProvider()
    const tokens = createTokenManager({ issuer: provider.issuer, clientId: 'post', auth: clientSecretPost(secret) })
    assert.ok((await tokens.getToken()).accessToken)
  })

  it('RFC 6749 §5.2: its refusals arrive as their codes', async () => {
    await using provider = await startProvider()
    const { issuer } = provider
    const wrong = createTokenManager({ issuer, clientId: 'basic', clientSecret: 'wrong' })
    assert.equal((await rejectsWith(wrong.getToken(), 'invalid_client')).status, 401)
    const right = createTokenManager({ issuer, clientId: 'basic', clientSecret: secret })
    assert.equal((await rejectsWith(right.getToken({ scope: 'jobs:write' }), 'invalid_scope')).status, 400)
  })
})
