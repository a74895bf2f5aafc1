import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parseBasicCredentials } from '@credence/protocol'
import { ClientSecretPost } from 'oauth4webapi'
import { clientSecretPost } from './client_auth/client_secret_post.ts'
import { createGate, rejectsWith } from './testing/expect.ts'
import { startAuthorizationServer, tokenBody } from './testing/fake_server.ts'
import { createTokenManager } from './token_manager.ts'

const client = { clientId: 'report-generator', clientSecret: 'cs_secret' }

describe('the token request', () => {
  it('RFC 6749 §4.4.2: grant type, scope and target in the body, the credential in the header', async () => {
    await using server = await startAuthorizationServer()
    const tokens = createTokenManager({
      issuer: server.url,
      clientId: 'id with:colon',
      clientSecret: 'pä$$ +%ẃord',
      scope: ['jobs:read', 'jobs:write'],
      audience: 'https://jobs.example.com',
    })
    const token = await tokens.getToken()
    assert.equal(token.accessToken, 'token-1')
    assert.equal(token.tokenType, 'Bearer')
    assert.equal(token.scope, 'jobs:read jobs:write')
    assert.ok(Math.abs(token.expiresAt - Date.now() / 1000 - 600) < 60)
    const [request] = server.tokenRequests()
    assert.deepEqual([...(request?.form ?? [])].sort(), [
      ['audience', 'https://jobs.example.com'],
      ['grant_type', 'client_credentials'],
      ['scope', 'jobs:read jobs:write'],
    ])
    assert.equal(request?.headers['content-type'], 'application/x-www-form-urlencoded;charset=UTF-8')
    const [scheme, encoded = ''] = request?.headers.authorization?.split(' ') ?? []
    assert.equal(scheme, 'Basic')
    assert.deepEqual(parseBasicCredentials(encoded), { clientId: 'id with:colon', clientSecret: 'pä$$ +%ẃord' })
  })

  it('RFC 6749 §2.3.1: client_secret_post sends id and secret in the body and no header', async () => {
    await using server = await startAuthorizationServer()
    const { clientId, clientSecret } = client
    await createTokenManager({ issuer: server.url, clientId, auth: clientSecretPost(() => clientSecret) }).getToken()
    await createTokenManager({ issuer: server.url, clientId, auth: ClientSecretPost(clientSecret) }).getToken()
    for (const { form, headers } of server.tokenRequests()) {
      assert.equal(form.get('client_id'), clientId)
      assert.equal(form.get('client_secret'), clientSecret)
      assert.equal(headers.authorization, undefined)
    }
  })

  it('RFC 6749 §5.1: the scope that was granted is given where it differs from what was asked for', async () => {
    await using server = await startAuthorizationServer(() => ({ body: tokenBody('t', { scope: 'jobs:read' }) }))
    const tokens = createTokenManager({ issuer: server.url, ...client, scope: 'jobs:read jobs:write' })
    assert.equal((await tokens.getToken()).scope, 'jobs:read')
  })

  it('RFC 8707 §2: resource may repeat', async () => {
    await using server = await startAuthorizationServer()
    const tokens = createTokenManager({ issuer: server.url, ...client, resource: ['https://b', 'https://a'] })
    await tokens.getToken()
    assert.deepEqual(server.tokenRequests()[0]?.form.getAll('resource'), ['https://a', 'https://b'])
  })

  it('a secret source is asked for every token request, so that a rotated secret is picked up', async () => {
    await using server = await startAuthorizationServer()
    let secret = 'old'
    const tokens = createTokenManager({ issuer: server.url, clientId: 'a', auth: clientSecretPost(async () => secret) })
    await tokens.getToken()
    secret = 'new'
    await tokens.getToken()
    await tokens.getToken({ forceRefresh: true })
    const sent = server.tokenRequests().map(({ form }) => form.get('client_secret'))
    assert.deepEqual(sent, ['old', 'new'])
  })
})

describe('the cache', () => {
  it('one discovery and one token request for many callers, then none', async () => {
    await using server = await startAuthorizationServer()
    const tokens = createTokenManager({ issuer: server.url, ...client })
    const all = await Promise.all(Array.from({ length: 20 }, () => tokens.getToken()))
    assert.equal(new Set(all).size, 1)
    assert.equal(await tokens.getToken(), all[0])
    assert.equal(server.received.length, 2)
  })

  it('tells targets apart by scope, audience and resource, not by how they are written', async () => {
    await using server = await startAuthorizationServer()
    const tokens = createTokenManager({ issuer: server.url, ...client, scope: 'a b' })
    const first = await tokens.getToken()
    assert.equal(await tokens.getToken({ scope: 'b a' }), first)
    assert.equal(await tokens.getToken({ scope: ['b', 'a', 'b'] }), first)
    const others = [
      { scope: 'a' },
      { scope: '' },
      { scope: 'A B' },
      { audience: 'https://x' },
      { resource: 'https://x' },
      { resource: ['https://x', 'https://y'] },
      { audience: 'https://x', resource: 'https://y' },
    ]
    const given = await Promise.all(others.map((parameters) => tokens.getToken(parameters)))
    assert.equal(new Set([first, ...given]).size, others.length + 1)
  })

  it("a call's audience or resource replaces the manager's, so that never both are sent", async () => {
    await using server = await startAuthorizationServer()
    const tokens = createTokenManager({ issuer: server.url, ...client, audience: 'https://a', scope: 's' })
    await tokens.getToken({ resource: 'https://b' })
    const form = server.tokenRequests()[0]?.form
    assert.equal(form?.get('audience'), null)
    assert.equal(form?.get('resource'), 'https://b')
    assert.equal(form?.get('scope'), 's')
  })

  it('is bounded: the least recently used token is dropped', async () => {
    await using server = await startAuthorizationServer()
    const tokens = createTokenManager({ issuer: server.url, ...client, maxCachedTokens: 2 })
    const ask = async (scope: string) => (await tokens.getToken({ scope })).accessToken
    assert.deepEqual([await ask('a'), await ask('b'), await ask('a')], ['token-1', 'token-2', 'token-1'])
    assert.equal(await ask('c'), 'token-3')
    assert.equal(await ask('a'), 'token-1')
    assert.equal(await ask('b'), 'token-4')
  })

  it('invalidate drops one token, forceRefresh asks anew', async () => {
    await using server = await startAuthorizationServer()
    const tokens = createTokenManager({ issuer: server.url, ...client })
    const first = await tokens.getToken()
    tokens.invalidate('something else')
    assert.equal(await tokens.getToken(), first)
    tokens.invalidate(first.accessToken)
    assert.equal((await tokens.getToken()).accessToken, 'token-2')
    assert.equal((await tokens.getToken({ forceRefresh: true })).accessToken, 'token-3')
  })
})

describe('leaving and closing', () => {
  it("a caller's signal ends that caller's wait, not the request", async () => {
    const gate = createGate()
    await using server = await startAuthorizationServer(async () => {
      await gate.opened
      return {}
    })
    const tokens = createTokenManager({ issuer: server.url, ...client })
    const leaving = new AbortController()
    const left = tokens.getToken({ signal: leaving.signal })
    const stays = tokens.getToken({ signal: new AbortController().signal })
    leaving.abort(new Error('enough'))
    const error = await rejectsWith(left, 'aborted')
    assert.equal(error.cause, leaving.signal.reason)
    gate.open()
    assert.equal((await stays).accessToken, 'token-1')
    assert.equal((await tokens.getToken()).accessToken, 'token-1')
  })

  it('a signal that has fired already sends nobody away with a token', async () => {
    await using server = await startAuthorizationServer()
    const tokens = createTokenManager({ issuer: server.url, ...client })
    await tokens.getToken()
    await rejectsWith(tokens.getToken({ signal: AbortSignal.abort() }), 'aborted')
  })

  it('close ends what is in flight and refuses what comes after', async () => {
    const arrived = createGate()
    await using server = await startAuthorizationServer(() => {
      arrived.open()
      return undefined
    })
    const tokens = createTokenManager({ issuer: server.url, ...client })
    const waiting = rejectsWith(tokens.getToken(), 'closed')
    await arrived.opened
    tokens.close()
    await waiting
    await rejectsWith(tokens.getToken(), 'closed')
    await rejectsWith(tokens.getToken({ scope: 'a' }), 'closed')
    await rejectsWith(tokens.fetch(server.url), 'closed')
    tokens.close()
  })

  it('nothing keeps the process alive once the token is there', async () => {
    await using server = await startAuthorizationServer()
    const index = new URL('./index.ts', import.meta.url).href
    const script = `
      import { createTokenManager } from ${JSON.stringify(index)}
      const tokens = createTokenManager({ issuer: ${JSON.stringify(server.url)}, clientId: 'a', clientSecret: 'b' })
      console.log((await tokens.getToken()).accessToken)`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@credence/source', '--input-type=module', '--eval', script],
      { cwd: fileURLToPath(new URL('.', import.meta.url)), timeout: 9_000 },
    )
    assert.equal(stdout, 'token-1\n')
  })
})

describe('what is malformed is refused before anything is sent', () => {
  it('A3: scopes outside the grammar, resources that are none', async () => {
    await using server = await startAuthorizationServer()
    const tokens = createTokenManager({ issuer: server.url, ...client })
    for (const scope of ['a"b', 'a  b', 'jоbs', ['a', ''], ['a b ']])
      await rejectsWith(tokens.getToken({ scope }), 'invalid_scope')
    for (const resource of ['', 'orders', 'https://a#b'])
      await rejectsWith(tokens.getToken({ resource }), 'invalid_target')
    for (const audience of ['', 'a\nb', 'a'.repeat(2000)])
      await rejectsWith(tokens.getToken({ audience }), 'invalid_target')
    assert.equal(server.received.length, 0)
  })
})
