import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { clientSecretPost } from './client_auth/client_secret_post.ts'
import type { TokenManagerOptions } from './configuration.ts'
import { rejectsWith } from './testing/expect.ts'
import { type Answer, startAuthorizationServer, tokenBody } from './testing/fake_server.ts'
import { TokenError } from './token_error.ts'
import { createTokenManager } from './token_manager.ts'

const secret = 'cs_canary-secret +/%é'
const accessToken = 'token.canary.signature'

/** Every way in which an object ends up in a log. */
const shown = (value: unknown): string => {
  const texts = [
    inspect(value, { depth: null, showHidden: true, getters: true }),
    JSON.stringify(value) ?? '',
    String(value),
    inspect(value, { depth: null, customInspect: false, showHidden: true }),
  ]
  for (let at = value, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
    texts.push(at.message, at.stack ?? '', JSON.stringify({ ...at }))
  }
  return texts.join('\n')
}

const assertClean = (value: unknown) => {
  const text = shown(value)
  for (const hidden of ['canary', btoa('canary'), secret, encodeURIComponent(secret)])
    assert.ok(!text.includes(hidden), text)
}

const fails = async (answer: Answer, options: Partial<TokenManagerOptions> = { clientSecret: secret }) => {
  await using server = await startAuthorizationServer(() => answer)
  const tokens = createTokenManager({ issuer: server.url, clientId: 'a', retry: { maxAttempts: 1 }, ...options })
  const error = await tokens.getToken().then(
    () => assert.fail('expected a failure'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof TokenError, shown(error))
  assertClean(error)
  return error
}

describe('C2: nothing shows a token or a secret', () => {
  it('C2: the token object, which can be used all the same', async () => {
    await using server = await startAuthorizationServer(() => ({ body: tokenBody(accessToken, { scope: 'a' }) }))
    const tokens = createTokenManager({ issuer: server.url, clientId: 'a', clientSecret: secret })
    const token = await tokens.getToken()
    assert.equal(token.accessToken, accessToken)
    const { accessToken: destructured } = token
    assert.equal(destructured, accessToken)
    assertClean(token)
    assertClean({ nested: [token, new Map([[token, token]])] })
    assertClean({ ...token })
    assertClean(structuredClone(token))
    assert.deepEqual(JSON.parse(JSON.stringify(token)), { tokenType: 'Bearer', expiresAt: token.expiresAt, scope: 'a' })
    assert.throws(() => Object.assign(token, { expiresAt: 0 }), TypeError)
  })

  it('C2: the token manager, before and after it has a token', async () => {
    await using server = await startAuthorizationServer(() => ({ body: tokenBody(accessToken) }))
    const tokens = createTokenManager({ issuer: server.url, clientId: 'a', clientSecret: secret })
    assertClean(tokens)
    await tokens.getToken()
    assertClean(tokens)
    assertClean(tokens.getToken())
  })

  it('C2: a server that repeats the credential in its answer', async () => {
    const form = new URLSearchParams([['a', secret]]).toString().slice(2)
    const encodings = [secret, form, encodeURIComponent(secret), btoa(`a:${form}`), `Basic ${btoa(`a:${form}`)}`]
    const ways = [{ clientSecret: secret }, { clientSecret: async () => secret }, { auth: clientSecretPost(secret) }]
    for (const options of ways) {
      for (const text of encodings) {
        const error_description = `you sent ${text} to me`
        await fails({ status: 401, body: { error: 'invalid_client', error_description } }, options)
      }
    }
    const echo = { status: 401, body: { error: 'invalid_client', error_description: `not ${secret}` } }
    assert.match((await fails(echo)).message, /withheld/)
    await fails({ status: 400, body: { error: secret } })
  })

  it('C2: a token in an answer that is refused', async () => {
    await fails({ body: tokenBody(accessToken, { token_type: 'DPoP' }) })
    await fails({ body: tokenBody(accessToken, { expires_in: 'abc' }) })
    await fails({ body: tokenBody(accessToken, { scope: 1 }) })
    await fails({ body: tokenBody(`${accessToken}\r\nx: y`) })
    await fails({ body: tokenBody(accessToken, { error: 'x' }) })
    await fails({ body: JSON.stringify(tokenBody(accessToken)).slice(0, -1) })
    await fails({ status: 500, body: tokenBody(accessToken) })
  })

  it('C2: a secret source, an authentication method or a fetch that throws what it knows', async () => {
    const leak = () => {
      throw Object.assign(new Error(`failed with ${secret}`, { cause: { secret } }), { secret, code: 'canary' })
    }
    assert.equal((await fails({}, { clientSecret: leak })).code, 'credential_unavailable')
    assert.equal((await fails({}, { auth: leak })).code, 'credential_unavailable')
    assert.equal((await fails({}, { clientSecret: secret, fetch: leak })).code, 'network_error')
    assert.equal((await fails({}, { clientSecret: () => '' })).code, 'credential_unavailable')
    assert.equal((await fails({}, { clientSecret: () => `${secret}\ud800` })).code, 'credential_unavailable')
    const bad: TokenManagerOptions['auth'] = (_server, _client, _body, headers) =>
      headers.set('authorization', `x\n${secret}`)
    assert.equal((await fails({}, { auth: bad })).code, 'credential_unavailable')
  })

  it('C2: a translateAnswer that throws what it was given', async () => {
    const translateAnswer: TokenManagerOptions['translateAnswer'] = ({ body }) => {
      throw new RangeError(`cannot translate ${JSON.stringify(body)}`)
    }
    const error = await fails({ body: tokenBody(accessToken) }, { clientSecret: secret, translateAnswer })
    assert.equal(error.code, 'invalid_configuration')
    assert.match(error.message, /translateAnswer.*RangeError/)
  })

  it('C2: the fetch wrapper when it refuses a URL', async () => {
    const tokens = createTokenManager({ issuer: 'https://as.example.com', clientId: 'a', clientSecret: secret })
    const error = await rejectsWith(tokens.fetch('http://api.example.com/canary?canary'), 'insecure_url')
    assertClean(error)
  })
})

describe('TokenError', () => {
  it('toJSON has code, message and status', () => {
    const error = new TokenError('invalid_scope', 'no', { status: 400 })
    assert.deepEqual(JSON.parse(JSON.stringify(error)), {
      name: 'TokenError',
      code: 'invalid_scope',
      message: 'no',
      status: 400,
    })
  })
})
