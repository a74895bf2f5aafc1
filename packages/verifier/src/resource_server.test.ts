import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLocalKeySet } from '@credence/jwt'
import { parseChallenges } from '@credence/protocol'
import fc from 'fast-check'
import { createResourceServer, type ResourceServerOptions } from './resource_server.ts'
import { accepted, refused, refusedAsInvalid } from './testing/results.ts'
import { createTestIssuer, createTestServer, issuer, now, resource } from './testing/test_issuer.ts'

const subject = await createTestServer()
const { from, verify, server } = subject

describe('createResourceServer: verify', () => {
  it('hands out claims, scopes and client of a good token', async () => {
    const { token } = accepted(await verify(await from.sign()))
    assert.deepEqual(token, { claims: from.claims, scopes: ['orders:read', 'orders:list'], clientId: 'reporter' })
    assert.deepEqual(accepted(await verify(await from.sign({ scope: undefined }))).token.scopes, [])
    assert.deepEqual(accepted(await verify(await from.sign({ scope: '' }))).token.scopes, [])
  })

  it('takes a fetch Request as it is', async () => {
    const request = new Request(resource, { headers: { authorization: `Bearer ${await from.sign()}` } })
    accepted(await server.verify(request, { all: ['orders:read'] }))
  })

  it('RFC 6750 §3: no credentials → 401 and a challenge without an error', async () => {
    const refusal = refused(await server.verify({ headers: {} }), {
      status: 401,
      code: 'no_credentials',
      error: undefined,
    })
    assert.deepEqual(
      parseChallenges(refusal.challenge ?? '').map((challenge) => ({ ...challenge.parameters })),
      [{ realm: resource }],
    )
    assert.equal(refusal.challenge, `Bearer realm="${resource}"`)
  })

  it('RFC 6750 §3.1: malformed → 400 invalid_request, a bad token → 401 invalid_token', async () => {
    const malformed = refused(await verify('a b'), {
      status: 400,
      error: 'invalid_request',
      code: 'malformed_credentials',
    })
    assert.match(
      malformed.challenge ?? '',
      /^Bearer realm="[^"]+", error="invalid_request", error_description="[^"]+"$/,
    )
    const bad = refusedAsInvalid(await verify('opaque'), 'malformed_token')
    assert.match(bad.challenge ?? '', /^Bearer realm="[^"]+", error="invalid_token", error_description="[^"]+"$/)
    refused(await server.verify({ url: '/?access_token=a', headers: {} }), { status: 400, error: 'invalid_request' })
  })

  it('RFC 6750 §3.1: too little scope → 403 insufficient_scope with the scope needed', async () => {
    const token = await from.sign()
    accepted(await verify(token, { all: ['orders:read', 'orders:list'] }))
    accepted(await verify(token, { any: ['orders:admin', 'orders:read'] }))
    accepted(await verify(token, { all: ['orders:list'], any: ['orders:read'] }))
    accepted(await verify(token, {}))
    for (const [requirement, scope] of [
      [{ all: ['orders:write'] }, 'orders:write'],
      [{ all: ['orders:read', 'orders:write'] }, 'orders:read orders:write'],
      [{ any: ['orders:write', 'orders:admin'] }, 'orders:write orders:admin'],
      [{ all: ['orders:write'], any: ['orders:read', 'orders:list'] }, 'orders:write'],
      [{ all: ['orders:read'], any: ['orders:write'] }, 'orders:read orders:write'],
      [{ all: ['ORDERS:READ'] }, 'ORDERS:READ'],
      [{ all: ['orders:rea'] }, 'orders:rea'],
    ] as const) {
      const refusal = refused(await verify(token, requirement), { status: 403, error: 'insufficient_scope' })
      assert.equal(parseChallenges(refusal.challenge ?? '')[0]?.parameters.scope, scope)
    }
    refused(await verify(token, { any: [] }), { status: 403, code: 'insufficient_scope' })
  })

  it('a requirement that is none is the programmer’s fault, and never leaves a route open', async () => {
    const token = await from.sign()
    for (const requirement of [{ scope: ['a'] }, { all: 'a' }, ['orders:read'], { any: [''] }, { all: ['a b'] }]) {
      await assert.rejects(verify(token, requirement), TypeError)
    }
  })

  it('answers as a fetch Response with challenge, no-store and the error document', async () => {
    const response = refused(await verify(await from.sign(), { all: ['orders:write'] }), {}).toResponse()
    assert.equal(response.status, 403)
    assert.match(response.headers.get('www-authenticate') ?? '', /insufficient_scope/)
    assert.equal(response.headers.get('cache-control'), 'no-store')
    assert.deepEqual(await response.json(), {
      error: 'insufficient_scope',
      error_description: 'the token lacks orders:write',
    })
    const bare = refused(await server.verify({ headers: {} }), {}).toResponse()
    assert.deepEqual(await bare.json(), {})
  })

  it('V1: alg none is 401', async () => {
    const [, payload] = (await from.sign()).split('.')
    const header = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
    refusedAsInvalid(await verify(`${header}.${payload}.`), 'unsupported_algorithm')
  })

  it('V3: a weird kid is 401, never an exception', async () => {
    refusedAsInvalid(await verify(await from.sign({}, { kid: 5 })), 'malformed_token')
    refusedAsInvalid(await verify(await from.sign({}, { kid: '__proto__' })), 'unknown_key')
  })

  it('V8: a token above 16 KB and a million dots are 401', async () => {
    refusedAsInvalid(await verify('a'.repeat(17_000)), 'token_too_large')
    refusedAsInvalid(await verify('.'.repeat(1_000_000)), 'token_too_large')
  })

  it('V10: an iss of another type or form is 401', async () => {
    for (const iss of [[issuer], `${issuer}/`, issuer.slice(0, -1), '__proto__', undefined, null, 1, {}]) {
      refusedAsInvalid(await verify(await from.sign({ iss })), 'wrong_issuer')
    }
  })

  it('V11: where DPoP is not switched on its scheme is refused, and so is a token that is bound by it', async () => {
    const jkt = 'a'.repeat(43)
    const authorization = `DPoP ${await from.sign({ cnf: { jkt } })}`
    refused(await server.verify({ headers: { authorization, dpop: 'proof' } }), {
      status: 401,
      code: 'unsupported_scheme',
    })
    refused(await server.verify({ headers: { authorization: `DPoP ${await from.sign()}` } }), { status: 401 })
    refusedAsInvalid(await verify(await from.sign({ cnf: { jkt } })), 'sender_constrained')
  })

  it('V12: an encrypted token is 401', async () => {
    refusedAsInvalid(await verify('eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAA.AAAA.AAAA'), 'malformed_token')
  })

  it('V13: a token in the cache does not outlive its exp, not even by the tolerance', async () => {
    const { clock, from, verify } = await createTestServer()
    const token = await from.sign({ exp: now + 100 })
    const first = accepted(await verify(token)).token
    assert.equal(accepted(await verify(token)).token, first)
    clock.advance(100)
    assert.notEqual(accepted(await verify(token)).token, first)
    clock.advance(5)
    refusedAsInvalid(await verify(token), 'expired')
  })

  it('V13: a token in the cache does not outlive its key', async () => {
    const { clock, from, network, verify } = await createTestServer()
    const token = await from.sign({ exp: now + 3600 })
    accepted(await verify(token))
    const next = await createTestIssuer({ kid: 'key-2' })
    network.set(`${issuer}/keys`, { keys: [next.jwk] })
    accepted(await verify(token))
    clock.advance(300)
    refusedAsInvalid(await verify(token), 'unknown_key')
  })

  it('V13: nor a change of the material under its kid', async () => {
    const { clock, from, network, verify } = await createTestServer()
    const token = await from.sign({ exp: now + 3600 })
    accepted(await verify(token))
    network.set(`${issuer}/keys`, { keys: [(await createTestIssuer()).jwk] })
    clock.advance(300)
    refusedAsInvalid(await verify(token), 'bad_signature')
  })

  it('V13: the cache goes by the whole token, so that the same claims with a bad signature are refused', async () => {
    const token = await from.sign()
    accepted(await verify(token))
    const other = await createTestIssuer()
    refusedAsInvalid(await verify(await other.sign()), 'bad_signature')
    refusedAsInvalid(await verify(`${token.slice(0, -4)}AAAA`), 'bad_signature')
    accepted(await verify(token))
  })

  it('V13: no error is cached', async () => {
    const { clock, from, network, verify } = await createTestServer()
    const keys = network.get(`${issuer}/keys`) ?? {}
    network.delete(`${issuer}/keys`)
    const token = await from.sign()
    refused(await verify(token), { status: 503 })
    network.set(`${issuer}/keys`, keys)
    clock.advance(5)
    accepted(await verify(token))
    const early = await from.sign({ nbf: now + 60 })
    refusedAsInvalid(await verify(early), 'not_yet_valid')
    clock.advance(60)
    accepted(await verify(early))
  })

  it('V13: what a handler does to a cached token does not reach the next request', async () => {
    const token = await from.sign({ roles: { admin: false } })
    const { claims, scopes } = accepted(await verify(token)).token
    for (const spoil of [
      () => Object.assign(claims, { sub: 'admin' }),
      () => Object.assign(claims.roles as object, { admin: true }),
      () => (scopes as string[]).push('orders:write'),
    ]) {
      assert.throws(spoil, TypeError)
    }
  })

  it('V13: the cache is bounded, and can be switched off', async () => {
    const { from, verify } = await createTestServer({ cache: { maxTokens: 4 } })
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, n) => from.sign({ jti: `token-${n}` })))
    const seen = []
    for (const token of tokens) seen.push(accepted(await verify(token)).token)
    let kept = 0
    for (const [n, token] of tokens.entries()) if (accepted(await verify(token)).token === seen[n]) kept++
    assert.ok(kept <= 4, `${kept} kept`)
    const none = await createTestServer({ cache: false })
    const token = await none.from.sign()
    assert.notEqual(accepted(await none.verify(token)).token, accepted(await none.verify(token)).token)
  })

  it('V14: the second form of an ECDSA signature is the same token by iss and jti, and another by its text', async () => {
    const token = await from.sign({ jti: 'malleable' })
    const cut = token.lastIndexOf('.') + 1
    const signature = Buffer.from(token.slice(cut), 'base64url')
    const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
    const s = order - BigInt(`0x${signature.toString('hex', 32)}`)
    signature.write(s.toString(16).padStart(64, '0'), 32, 'hex')
    const second = token.slice(0, cut) + signature.toString('base64url')
    assert.notEqual(second, token)
    const [one, two] = [accepted(await verify(token)).token, accepted(await verify(second)).token]
    assert.deepEqual([one.claims.iss, one.claims.jti], [two.claims.iss, two.claims.jti])
    assert.notEqual(one, two)
  })

  it('V15: a good token of another issuer, or for another API, is 401', async () => {
    const stranger = await createTestIssuer({ iss: 'https://auth.example.org' })
    refusedAsInvalid(await verify(await stranger.sign()), 'wrong_issuer')
    refusedAsInvalid(await verify(await from.sign({ aud: 'https://invoices.example.com' })), 'wrong_audience')
  })

  it('V15: issuers are apart: the keys of one do not verify the tokens of another', async () => {
    const second = 'https://auth.example.org'
    const [a, b] = [await createTestIssuer({ kid: 'a' }), await createTestIssuer({ kid: 'b', iss: second })]
    const server = await createTestServer({
      issuers: [
        { issuer, keys: createLocalKeySet({ keys: [a.jwk] }) },
        { issuer: second, keys: createLocalKeySet({ keys: [b.jwk] }), algorithms: ['ES256'] },
      ],
    })
    accepted(await server.verify(await a.sign()))
    accepted(await server.verify(await b.sign()))
    refusedAsInvalid(await server.verify(await a.sign({ iss: second })), 'unknown_key')
    refusedAsInvalid(await server.verify(await b.sign({ iss: issuer })), 'unknown_key')
    refusedAsInvalid(await server.verify(await b.sign({ iss: issuer }, { kid: 'a' })), 'bad_signature')
  })

  it('V15: an issuer that is down takes no other with it', async () => {
    const other = await createTestIssuer({ iss: 'https://auth.example.org' })
    const { from, network, verify } = await createTestServer({
      issuers: [{ issuer }, { issuer: 'https://auth.example.org' }],
    })
    accepted(await verify(await from.sign()))
    const refusal = refused(await verify(await other.sign()), { status: 503, code: 'keys_unavailable' })
    assert.match(refusal.detail ?? '', /ECONNREFUSED/)
    accepted(await verify(await from.sign({ jti: 'token-2' })))
    assert.equal(network.size, 2)
  })

  it('RFC 8725 §3.1: algorithms are set per issuer', async () => {
    const { from, verify } = await createTestServer({ issuers: [{ issuer, algorithms: ['RS256'] }] })
    refusedAsInvalid(await verify(await from.sign()), 'unsupported_algorithm')
  })

  it('checklist 39: keys that cannot be had → 503 with Retry-After, not 401, and the reason stays inside', async () => {
    const { from, network, verify } = await createTestServer()
    network.clear()
    const refusal = refused(await verify(await from.sign()), { status: 503, error: 'temporarily_unavailable' })
    assert.equal(refusal.challenge, undefined)
    const response = refusal.toResponse()
    assert.equal(response.headers.get('retry-after'), '5')
    assert.equal(response.headers.has('www-authenticate'), false)
    assert.doesNotMatch(await response.text(), /ECONNREFUSED/)
    assert.match(refusal.detail ?? '', /ECONNREFUSED/)
  })

  it('K1: 50 random kids at a resource server cause one fetch of the key set per cool-down', async () => {
    const { clock, from, fetches, verify } = await createTestServer()
    accepted(await verify(await from.sign()))
    clock.advance(31)
    const tokens = await Promise.all(Array.from({ length: 50 }, (_, i) => from.sign({}, { kid: `random-${i}` })))
    for (const result of await Promise.all(tokens.map((token) => verify(token))))
      refusedAsInvalid(result, 'unknown_key')
    assert.equal(fetches.filter((url) => url === `${issuer}/keys`).length, 2)
  })

  it('K2: with the issuer down for an hour, good tokens go on being accepted', async () => {
    const { clock, from, network, verify } = await createTestServer()
    const token = await from.sign({ exp: now + 7200 })
    accepted(await verify(token))
    network.clear()
    for (let minute = 0; minute < 60; minute++) {
      clock.advance(60)
      refusedAsInvalid(await verify(await from.sign({}, { kid: `random-${minute}` })), 'unknown_key')
      accepted(await verify(token))
    }
  })

  it('A9: neither the token nor what is in it is repeated in a refusal', async () => {
    const token = await from.sign({ aud: 'x', secret: 'canary' })
    const refusal = refused(await verify(token), {})
    assert.doesNotMatch(JSON.stringify(refusal), new RegExp(`canary|${token.slice(-20)}`))
  })

  it('property: whatever is in the Authorization header, the answer is a refusal and never an exception', async () => {
    const good = await from.sign()
    const part = fc.oneof(fc.string(), fc.constantFrom(...good.split('.'), 'Bearer ', '.', ' ', '\0', 'é', ','))
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
        const authorization = parts.join('')
        fc.pre(!authorization.includes(good))
        const result = await server.verify({ url: '/', headers: { authorization } })
        assert.ok(!result.ok)
        assert.ok([400, 401].includes(result.status))
        result.toResponse()
      }),
      { numRuns: 1000 },
    )
  })
})

describe('createResourceServer: options', () => {
  const create = (wrong: object) =>
    createResourceServer({ resource, issuers: [{ issuer }], ...wrong } as ResourceServerOptions)

  it('what cannot be right is refused when it is created, not when a token comes', () => {
    create({})
    create({
      resource: 'urn:credence:admin',
      issuers: [{ issuer: 'http://127.0.0.1:8400', jwksUri: 'http://127.0.0.1:8400/k' }],
    })
    for (const wrong of [
      { resource: '' },
      { resource: 'a b' },
      { resource: 'https://orders.example.com/\r\n' },
      { issuers: [] },
      { issuers: [{ issuer: 'auth.example.com' }] },
      { issuers: [{ issuer: 'http://auth.example.com' }] },
      { issuers: [{ issuer: `${issuer}?a=b` }] },
      { issuers: [{ issuer }, { issuer }] },
      { issuers: [{ issuer, jwksUri: 'http://auth.example.com/keys' }] },
      { issuers: [{ issuer, jwksUri: 'keys' }] },
      { issuers: [{ issuer, algorithms: [] }] },
      { issuers: [{ issuer, algorithms: ['HS256'] }] },
      { issuers: [{ issuer, algorithms: ['none'] }] },
    ]) {
      assert.throws(() => create(wrong), TypeError, JSON.stringify(wrong))
    }
    for (const wrong of [{ clockToleranceSeconds: 61 }, { clockToleranceSeconds: -1 }, { cache: { maxTokens: -1 } }]) {
      assert.throws(() => create(wrong), RangeError, JSON.stringify(wrong))
    }
  })
})
