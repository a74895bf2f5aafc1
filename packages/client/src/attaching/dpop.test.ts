import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { generateKeyPair } from 'oauth4webapi'
import { decodeJwt } from '../testing/decode_jwt.ts'
import { rejectsWith } from '../testing/expect.ts'
import { type Answering, type Received, startServer, tokenBody } from '../testing/fake_server.ts'
import { TokenError } from '../token_error.ts'
import { createTokenManager } from '../token_manager.ts'

type Answers = readonly NonNullable<Awaited<ReturnType<Answering>>>[]

/** One origin that gives bound tokens and serves an API; each answers in turn as told, the API with 200 after that. */
const start = async ({ token = [], api = [] }: { readonly token?: Answers; readonly api?: Answers } = {}) => {
  const counts = { token: 0, api: 0 }
  const server = await startServer(({ path }) => {
    if (path.startsWith('/.well-known')) return { body: { issuer: server.url, token_endpoint: `${server.url}/token` } }
    if (path === '/token')
      return token[counts.token++] ?? { body: tokenBody(`token-${counts.token}`, { token_type: 'DPoP' }) }
    return api[counts.api++] ?? {}
  })
  const options = { issuer: server.url, clientId: 'a', clientSecret: 's', dpop: {} }
  const at = (wanted: string) => server.received.filter(({ path }) => path.split('?')[0] === wanted)
  return { server, options, at, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

const proofOf = (received: Received | undefined) => decodeJwt(String(received?.headers.dpop))

const wantsNonce = (nonce: string) => ({
  status: 400,
  headers: { 'dpop-nonce': nonce },
  body: { error: 'use_dpop_nonce' },
})
const apiWantsNonce = (nonce: string) => ({
  status: 401,
  headers: { 'dpop-nonce': nonce, 'www-authenticate': 'DPoP error="use_dpop_nonce"' },
})

describe('DPoP', () => {
  it('RFC 9449 §4.2: the proofs at the token endpoint and at an API, of one key', async () => {
    await using it = await start()
    const tokens = createTokenManager(it.options)
    await tokens.fetch(`${it.server.url}/orders?page=1#top`, { method: 'PUT', body: 'x' })
    const [asked, called] = [it.at('/token')[0], it.at('/orders')[0]].map(proofOf)
    const { iat, jti, ...rest } = asked?.payload ?? {}
    assert.deepEqual(rest, { htm: 'POST', htu: `${it.server.url}/token` })
    assert.ok(Math.abs(Number(iat) - Date.now() / 1000) < 30)
    const ath = createHash('sha256').update('token-1').digest('base64url')
    assert.equal(called?.payload.htm, 'PUT')
    assert.equal(called?.payload.htu, `${it.server.url}/orders`)
    assert.equal(called?.payload.ath, ath)
    assert.notEqual(called?.payload.jti, jti)
    assert.deepEqual(called?.header, asked?.header)
    const { typ, jwk } = asked?.header ?? {}
    assert.equal(typ, 'dpop+jwt')
    assert.ok(typeof jwk === 'object' && jwk !== null && 'kty' in jwk && !('d' in jwk), 'the public key and no more')
    assert.equal(it.at('/orders')[0]?.headers.authorization, 'DPoP token-1')
  })

  it('a pair that is given is used; one that cannot make proofs is refused', async () => {
    await using it = await start()
    const key = await generateKeyPair('ES256')
    await createTokenManager({ ...it.options, dpop: { key } }).getToken()
    await createTokenManager({ ...it.options, dpop: { key } }).getToken()
    const [one, other] = it.at('/token').map(proofOf)
    assert.deepEqual(one?.header.jwk, other?.header.jwk)
    const swapped = { privateKey: key.publicKey, publicKey: key.privateKey }
    assert.throws(() => createTokenManager({ ...it.options, dpop: { key: swapped } }), TokenError)
  })

  it('C4: token_type DPoP asked and Bearer given, and the other way round', async () => {
    await using it = await start({
      token: [{ body: tokenBody('a') }, { body: tokenBody('a', { token_type: 'dpop' }) }],
    })
    await rejectsWith(createTokenManager(it.options).getToken(), 'unsupported_token_type')
    assert.equal((await createTokenManager(it.options).getToken()).tokenType, 'DPoP')
    const { dpop: _dpop, ...bearer } = it.options
    await rejectsWith(createTokenManager(bearer).getToken(), 'unsupported_token_type')
  })

  it('RFC 9449 §8: a nonce is asked for: once more with it; the same nonce again is no reason to try', async () => {
    await using fresh = await start({ token: [wantsNonce('n1')] })
    await createTokenManager(fresh.options).getToken()
    assert.deepEqual(
      fresh.at('/token').map((received) => proofOf(received).payload.nonce),
      [undefined, 'n1'],
    )
    await using stale = await start({ token: [wantsNonce('n1'), wantsNonce('n1')] })
    await rejectsWith(createTokenManager(stale.options).getToken(), 'refused')
    assert.equal(stale.at('/token').length, 2)
    await using endless = await start({ token: ['1', '2', '3', '4'].map(wantsNonce) })
    await rejectsWith(createTokenManager(endless.options).getToken(), 'refused')
    assert.equal(endless.at('/token').length, 2)
  })

  it('RFC 9449 §8: the nonce that was sent is asked for again, by the server and by an API: no reason to try again', async () => {
    const body = tokenBody('a', { token_type: 'DPoP' })
    await using it = await start({ token: [{ headers: { 'dpop-nonce': 'n1' }, body }, wantsNonce('n1')] })
    const tokens = createTokenManager(it.options)
    await tokens.getToken()
    await rejectsWith(tokens.getToken({ forceRefresh: true }), 'refused')
    assert.equal(it.at('/token').length, 2)
    await using api = await start({ api: [{ headers: { 'dpop-nonce': 'n1' } }, apiWantsNonce('n1')] })
    const { fetch: callApi } = createTokenManager(api.options)
    await callApi(`${api.server.url}/orders`)
    assert.equal((await callApi(`${api.server.url}/orders`)).status, 401)
    assert.equal(api.at('/orders').length, 2)
  })

  it('RFC 9449 §8.2: a nonce of a 200 is used for the next request to that origin, and to no other', async () => {
    await using other = await startServer(() => ({}))
    await using it = await start({ api: [{ headers: { 'dpop-nonce': 'n1' } }, { headers: { 'dpop-nonce': 'n2' } }] })
    const tokens = createTokenManager(it.options)
    for (let call = 0; call < 3; call++) await tokens.fetch(`${it.server.url}/orders`)
    await tokens.fetch(other.url)
    assert.deepEqual(
      [...it.at('/orders'), ...other.received].map((received) => proofOf(received).payload.nonce),
      [undefined, 'n1', 'n2', undefined],
    )
  })

  it('RFC 9449 §9: an API asks for a nonce: once more, and never with a body that is gone', async () => {
    await using it = await start({ api: [apiWantsNonce('n1')] })
    assert.equal(
      (await createTokenManager(it.options).fetch(`${it.server.url}/orders`, { method: 'POST', body: 'x' })).status,
      200,
    )
    assert.deepEqual(
      it.at('/orders').map(({ body }) => body),
      ['x', 'x'],
    )
    await using endless = await start({ api: ['1', '2', '3'].map(apiWantsNonce) })
    assert.equal((await createTokenManager(endless.options).fetch(`${endless.server.url}/orders`)).status, 401)
    assert.equal(endless.at('/orders').length, 2)
    await using streamed = await start({ api: [apiWantsNonce('n1')] })
    const body = new Blob(['x']).stream()
    const request = new Request(`${streamed.server.url}/orders`, { method: 'POST', body, duplex: 'half' })
    assert.equal((await createTokenManager(streamed.options).fetch(request)).status, 401)
    assert.equal(streamed.at('/orders').length, 1)
  })

  it('RFC 9449 §7.1: DPoP error="invalid_token" drops the token, and the request is sent once more with another', async () => {
    await using it = await start({
      api: [{ status: 401, headers: { 'www-authenticate': 'DPoP error="invalid_token"' } }],
    })
    assert.equal((await createTokenManager(it.options).fetch(`${it.server.url}/orders`)).status, 200)
    assert.deepEqual(
      it.at('/orders').map(({ headers }) => headers.authorization),
      ['DPoP token-1', 'DPoP token-2'],
    )
  })

  it('C3: neither token nor proof follows a redirect, to another origin or to the same', async () => {
    await using other = await startServer(() => ({}))
    for (const location of [`${other.url}/orders`, '/elsewhere']) {
      await using it = await start({ api: [{ status: 307, headers: { location } }] })
      assert.equal((await createTokenManager(it.options).fetch(`${it.server.url}/orders`)).status, 307)
      assert.equal(it.at('/elsewhere').length, 0)
    }
    assert.equal(other.received.length, 0)
  })

  it('redirect: "error" stays an error, in the options and in a Request', async () => {
    await using it = await start({ api: Array(2).fill({ status: 307, headers: { location: '/elsewhere' } }) })
    const tokens = createTokenManager(it.options)
    const url = `${it.server.url}/orders`
    await assert.rejects(tokens.fetch(url, { redirect: 'error' }), TypeError)
    await assert.rejects(tokens.fetch(new Request(url, { redirect: 'error' })), TypeError)
    assert.equal(it.at('/elsewhere').length, 0)
  })
})
