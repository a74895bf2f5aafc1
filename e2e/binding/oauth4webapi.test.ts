/** DPoP against somebody else's client and somebody else's verifier: oauth4webapi, over HTTP. RFC 9449. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, test } from 'node:test'
import {
  createLocalKeySet,
  createSigner,
  encodeHeader,
  generateSigningKeyPair,
  publicJwk,
  signCompact,
} from '@credence/jwt'
import { createResourceServer, type DpopOptions } from '@credence/verifier'
import { requireToken } from '@credence/verifier/node'
import * as oauth from 'oauth4webapi'

const issuer = 'https://auth.example.com'
const audience = 'https://orders.example.com'
const kid = 'key-1'
const { privateKey, publicKey } = await generateSigningKeyPair('ES256')
const signer = createSigner({ privateKey, algorithm: 'ES256', kid })
const jwks = { keys: [publicJwk(publicKey, { algorithm: 'ES256', kid })] }
const keys = createLocalKeySet(jwks)

const now = () => Math.floor(Date.now() / 1000)

/** A token for `reporter` that is right but for the claims given. */
const sign = (claims: object): Promise<string> =>
  signCompact(signer, encodeHeader({ alg: 'ES256', typ: 'at+jwt', kid }), {
    ...{ iss: issuer, aud: audience, sub: 'reporter', client_id: 'reporter', scope: 'orders:read' },
    ...{ iat: now(), exp: now() + 600, jti: randomUUID() },
    ...claims,
  })

/** An API on a free port, which answers with the client of the token. */
const startApi = async (dpop: DpopOptions = {}) => {
  const http = createServer()
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const publicUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const api = createResourceServer({ resource: audience, issuers: [{ issuer, keys }], dpop: { publicUrl, ...dpop } })
  http.on(
    'request',
    requireToken(api, { all: ['orders:read'] }, (request, response) => response.end(request.token.clientId)),
  )
  return { http, url: new URL('/orders?page=2', publicUrl) }
}

const apis = { plain: await startApi(), withNonces: await startApi({ requireNonce: true }) }
after(() => {
  for (const { http } of Object.values(apis)) http.close()
})

const createClient = async (algorithm: 'ES256' | 'EdDSA' | 'PS256' | 'RS256') => {
  const pair = await oauth.generateKeyPair(algorithm === 'EdDSA' ? 'Ed25519' : algorithm)
  const handle = oauth.DPoP({}, pair)
  const token = await sign({ cnf: { jkt: await handle.calculateThumbprint() } })
  const call = async (url: URL): Promise<Response> =>
    await oauth.protectedResourceRequest(token, 'GET', url, undefined, undefined, {
      DPoP: handle,
      [oauth.allowInsecureRequests]: true,
    })
  return { handle, token, call }
}

describe('oauth4webapi as the client', () => {
  for (const algorithm of ['ES256', 'EdDSA', 'PS256', 'RS256'] as const) {
    test(`RFC 9449 §7.1: its proofs are accepted, ${algorithm}, request after request`, async () => {
      const { call } = await createClient(algorithm)
      for (let n = 0; n < 3; n++) assert.equal(await (await call(apis.plain.url)).text(), 'reporter')
    })
  }

  test('RFC 9449 §9: it learns of the nonce from the 401, and of the next from each answer', async () => {
    const { call } = await createClient('ES256')
    await assert.rejects(call(apis.withNonces.url), (error) => {
      assert.ok(oauth.isDPoPNonceError(error), String(error))
      return true
    })
    for (let n = 0; n < 3; n++) {
      const response = await call(apis.withNonces.url)
      assert.equal(await response.text(), 'reporter')
      assert.match(response.headers.get('dpop-nonce') ?? '', /^[A-Za-z0-9_-]{22}$/)
    }
  })

  test('RFC 9449 §7.1: it reads the challenge of a refusal', async () => {
    const { handle } = await createClient('ES256')
    const request = oauth.protectedResourceRequest(await sign({}), 'GET', apis.plain.url, undefined, undefined, {
      DPoP: handle,
      [oauth.allowInsecureRequests]: true,
    })
    await assert.rejects(request, (error) => {
      assert.ok(error instanceof oauth.WWWAuthenticateChallengeError)
      const dpop = error.cause.find(({ scheme }) => scheme === 'dpop')
      assert.equal(dpop?.parameters.error, 'invalid_token')
      assert.equal(dpop?.parameters.algs, 'ES256 EdDSA PS256 RS256')
      return true
    })
  })
})

describe('oauth4webapi as the verifier', () => {
  const theirs = async (url: URL, headers: Headers): Promise<boolean> => {
    const request = new Request(url, { headers })
    const options = {
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: async () => Response.json(jwks),
      signingAlgorithms: ['ES256', 'EdDSA', 'PS256', 'RS256'],
    }
    return await oauth.validateJwtAccessToken({ issuer, jwks_uri: `${issuer}/keys` }, request, audience, options).then(
      () => true,
      () => false,
    )
  }
  const ours = async (url: URL, headers: Headers): Promise<boolean> => (await fetch(url, { headers })).ok

  /** The headers its client would send. */
  const capture = async (token: string, handle: oauth.DPoPHandle, method = 'GET'): Promise<Headers> => {
    let sent = new Headers()
    await oauth.protectedResourceRequest(token, method, apis.plain.url, undefined, undefined, {
      DPoP: handle,
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: async (_url, { headers }) => {
        sent = new Headers(headers)
        return new Response()
      },
    })
    return sent
  }

  test('what it refuses is refused here', async () => {
    const { handle, token } = await createClient('ES256')
    const thief = await createClient('ES256')
    const jkt = await handle.calculateThumbprint()
    const good = () => capture(token, handle)
    const over = async (headers: Promise<Headers>, change: (headers: Headers) => void) => {
      const changed = await headers
      change(changed)
      return changed
    }
    const bad: Readonly<Record<string, () => Promise<Headers>>> = {
      'no proof': () => over(good(), (headers) => headers.delete('dpop')),
      'two proofs': async () => {
        const [one, two] = [await good(), await good()]
        one.append('dpop', two.get('dpop') ?? '')
        return one
      },
      'sent as Bearer': () => over(good(), (headers) => headers.set('authorization', `Bearer ${token}`)),
      'of another method': () => capture(token, handle, 'POST'),
      'of another key': () => capture(token, thief.handle),
      'for another token': async () => {
        const another = await sign({ cnf: { jkt } })
        return await over(good(), (headers) => headers.set('authorization', `DPoP ${another}`))
      },
      'an unbound token': async () => await capture(await sign({}), handle),
      'an expired token': async () => await capture(await sign({ exp: now() - 60, cnf: { jkt } }), handle),
      'a token for another API': async () =>
        await capture(await sign({ aud: 'https://a.example', cnf: { jkt } }), handle),
      'cnf that is no object': async () => await capture(await sign({ cnf: [jkt] }), handle),
      'a signature that is cut': () =>
        over(good(), (headers) => headers.set('dpop', (headers.get('dpop') ?? '').slice(0, -4))),
    }
    assert.ok((await theirs(apis.plain.url, await good())) && (await ours(apis.plain.url, await good())))
    for (const [name, headersOf] of Object.entries(bad)) {
      const headers = await headersOf()
      assert.equal(await theirs(apis.plain.url, headers), false, `they accept: ${name}`)
      assert.equal(await ours(apis.plain.url, headers), false, `we accept: ${name}`)
    }
  })

  test('V11: a replayed proof, which it leaves to its user, is refused here', async () => {
    const { handle, token } = await createClient('ES256')
    const headers = await capture(token, handle)
    assert.deepEqual([await theirs(apis.plain.url, headers), await theirs(apis.plain.url, headers)], [true, true])
    assert.deepEqual([await ours(apis.plain.url, headers), await ours(apis.plain.url, headers)], [true, false])
  })
})
