import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { encode } from '../../packages/jwt/src/testing/test_issuer.ts'
import { startCredence } from '../support/credence.ts'
import { jsonOf, sendHttp } from '../support/http.ts'
import { introspect } from '../support/introspection.ts'
import { assertRefused, basic, callTokenEndpoint, verifyWithJose } from '../support/token.ts'
import { askWith, audience, createDpopKey, createOrdersApi, createReader, now, rightClaims } from './setting.ts'

const credence = await startCredence()
after(credence.dispose)
await createOrdersApi(credence)
const reader = await createReader(credence)
const key = await createDpopKey()
const right = () => rightClaims(credence)
const ask = (dpop: string | string[] | undefined, form = {}) => askWith(credence, reader, dpop, form)

describe('RFC 9449 §5: binding a token', () => {
  for (const algorithm of ['ES256', 'EdDSA', 'PS256', 'RS256'] as const) {
    test(`checklist 21, RFC 9449 §5, §6.1: token_type DPoP and cnf.jkt of the proof’s key, ${algorithm}`, async () => {
      const { prove, jkt } = await createDpopKey(algorithm)
      const answer = await ask(prove(right()))
      assert.equal(answer.status, 200, answer.body)
      const { token_type, access_token } = jsonOf(answer)
      assert.equal(token_type, 'DPoP')
      const { payload } = await verifyWithJose(credence, String(access_token), { audience })
      assert.deepEqual(payload.cnf, { jkt })
      assert.equal(answer.headers['dpop-nonce'], undefined)
    })
  }

  test('RFC 9449 §5: without a proof it is a bearer token, and says nothing of a key', async () => {
    const { token_type, access_token } = jsonOf(await ask(undefined))
    assert.equal(token_type, 'Bearer')
    const { payload } = await verifyWithJose(credence, String(access_token), { audience })
    assert.ok(!('cnf' in payload))
  })

  test('RFC 9449 §6.2: introspection says token_type DPoP and cnf, of signed and of opaque tokens', async () => {
    await credence.createApi({ audience: 'https://opaque.example.com', scopes: ['x'], token_format: 'opaque' })
    const grants = [{ audience: 'https://opaque.example.com', scopes: ['x'] }]
    const opaque = await credence.createClient({ client_id: 'opaque', grants })
    for (const client of [reader, opaque]) {
      const { access_token } = jsonOf(await askWith(credence, client, key.prove(right())))
      const { active, token_type, cnf } = await introspect(credence, client, String(access_token))
      assert.deepEqual({ active, token_type, cnf }, { active: true, token_type: 'DPoP', cnf: { jkt: key.jkt } })
    }
  })

  test('RFC 7009: a bound token is given back without a proof', async () => {
    const token = String(jsonOf(await ask(key.prove(right()))).access_token)
    const headers = {
      authorization: basic(reader.client_id, reader.client_secret),
      'content-type': 'application/x-www-form-urlencoded',
    }
    const body = new URLSearchParams({ token }).toString()
    assert.equal(
      (await sendHttp(credence.public, { method: 'POST', path: '/oauth/revoke', headers, body })).status,
      200,
    )
    assert.deepEqual(await introspect(credence, reader, token), { active: false })
  })

  test('RFC 9449 §5.1: dpop_signing_alg_values_supported', async () => {
    const metadata = jsonOf(await sendHttp(credence.public, { path: '/.well-known/oauth-authorization-server' }))
    assert.deepEqual(metadata.dpop_signing_alg_values_supported, ['ES256', 'EdDSA', 'PS256', 'RS256'])
  })

  test('CORS stays off: no page may read an answer, and no preflight is answered', async () => {
    const headers = { origin: 'https://app.example.com', 'access-control-request-headers': 'dpop' }
    const preflight = await sendHttp(credence.public, { method: 'OPTIONS', path: '/oauth/token', headers })
    assert.equal(preflight.status, 405)
    const answer = await callTokenEndpoint(credence, {
      headers: { ...headers, authorization: basic(reader.client_id, reader.client_secret), dpop: key.prove(right()) },
    })
    for (const { headers } of [preflight, answer]) {
      assert.deepEqual(
        Object.keys(headers).filter((name) => name.startsWith('access-control')),
        [],
      )
    }
  })
})

describe('RFC 9449 §4.3: what a proof must be', () => {
  const { header, signText, prove } = key
  const wrong = (claims: object, wrongHeader = {}) => prove({ ...right(), ...claims }, wrongHeader)
  const unsigned = (alg: string) =>
    `${encode(JSON.stringify({ ...header, alg }))}.${encode(JSON.stringify({ ...right(), jti: 'unsigned' }))}.`
  const cases: Readonly<Record<string, () => string | string[]>> = {
    '1: two DPoP headers': () => [wrong({}), wrong({})],
    '1: two proofs in one header': () => `${wrong({})}, ${wrong({})}`,
    '2: not a JWT': () => 'proof',
    '2: an empty header': () => '',
    '2: members twice': () =>
      signText(JSON.stringify(header), `{"jti":"a","jti":"b",${JSON.stringify(right()).slice(1)}`),
    '3: no jti': () => wrong({ jti: undefined }),
    '3: an empty jti': () => wrong({ jti: '' }),
    '3: no htm': () => wrong({ htm: undefined }),
    '3: no htu': () => wrong({ htu: undefined }),
    '3: no iat': () => wrong({ iat: undefined }),
    '3: iat is a string': () => wrong({ iat: String(now()) }),
    '4: typ JWT': () => wrong({}, { typ: 'JWT' }),
    '4: no typ': () => wrong({}, { typ: undefined }),
    '5: alg none': () => unsigned('none'),
    '5: alg HS256': () => wrong({}, { alg: 'HS256' }),
    '5: alg of another kind of key': () => wrong({}, { alg: 'RS256' }),
    '5: no alg': () => wrong({}, { alg: undefined }),
    '6: a signature of zeros': () => wrong({}).replace(/[^.]+$/, encode(Buffer.alloc(64))),
    '6: the claims of another proof': () => {
      const [head, , signature] = wrong({}).split('.')
      return `${head}.${wrong({}).split('.')[1]}.${signature}`
    },
    '7: a private key in jwk': () => wrong({}, { jwk: key.privateJwk }),
    '7: no jwk': () => wrong({}, { jwk: undefined }),
    '7: a symmetric jwk': () => wrong({}, { jwk: { kty: 'oct', k: 'AAAA' } }),
    '7: a key behind jku only': () => wrong({}, { jwk: undefined, jku: 'https://attacker.example.com/keys' }),
    '8: htm GET': () => wrong({ htm: 'GET' }),
    '8: htm in lower case': () => wrong({ htm: 'post' }),
    '9: htu of another endpoint': () => wrong({ htu: `${credence.issuer}/oauth/introspect` }),
    '9: htu of another host': () => wrong({ htu: 'https://auth.example.com/oauth/token' }),
    '9: htu of another scheme': () => wrong({ htu: right().htu.replace('http:', 'https:') }),
    '9: htu with a slash more': () => wrong({ htu: `${right().htu}/` }),
    '11: iat two minutes ago': () => wrong({ iat: now() - 120 }),
    '11: iat a minute ahead': () => wrong({ iat: now() + 75 }),
    'exp has passed': () => wrong({ exp: now() - 60 }),
    'nbf is ahead': () => wrong({ nbf: now() + 75 }),
    'V4: an unknown crit': () => wrong({}, { crit: ['x'], x: 1 }),
    'too long': () => wrong({ pad: 'x'.repeat(8192) }),
  }
  for (const [name, make] of Object.entries(cases)) {
    test(`checklist 20, RFC 9449 §4.3: ${name} → invalid_dpop_proof`, async () => {
      assertRefused(await ask(make()), 'invalid_dpop_proof')
    })
  }

  const good: Readonly<Record<string, () => string>> = {
    'htu with query and fragment': () => wrong({ htu: `${right().htu}?a=b#c` }),
    'htu with host and scheme in capitals': () => wrong({ htu: right().htu.replace('http://', 'HTTP://') }),
    'iat ten seconds ago': () => wrong({ iat: now() - 10 }),
    'iat eight seconds ahead': () => wrong({ iat: now() + 8 }),
    'nbf now and exp in five minutes': () => wrong({ nbf: now(), exp: now() + 300 }),
    'a nonce that nobody asked for': () => wrong({ nonce: 'of-another-server' }),
    'members that nobody knows': () => wrong({ extra: 1 }, { extra: 1 }),
  }
  for (const [name, make] of Object.entries(good)) {
    test(`RFC 9449 §4.3: ${name} is accepted`, async () => {
      assert.equal(jsonOf(await ask(make())).token_type, 'DPoP')
    })
  }

  test('V11: Host and X-Forwarded-* do not make another htu the right one', async () => {
    const headers = {
      authorization: basic(reader.client_id, reader.client_secret),
      host: 'evil.example.com',
      'x-forwarded-host': 'evil.example.com',
      forwarded: 'host=evil.example.com',
    }
    const evil = wrong({ htu: 'http://evil.example.com/oauth/token' })
    assertRefused(await callTokenEndpoint(credence, { headers: { ...headers, dpop: evil } }), 'invalid_dpop_proof')
    assert.equal((await callTokenEndpoint(credence, { headers: { ...headers, dpop: wrong({}) } })).status, 200)
  })

  test('checklist 20, RFC 9449 §11.1: a proof is good once, and a refused request does not use it up', async () => {
    const proof = wrong({})
    assertRefused(await ask(proof, { scope: 'not:granted' }), 'invalid_scope')
    assert.equal((await ask(proof)).status, 200)
    assertRefused(await ask(proof), 'invalid_dpop_proof')
  })

  test('RFC 9449 §11.1: the same jti is another one when another key says it', async () => {
    const other = await createDpopKey()
    const claims = { ...right(), jti: 'the same' }
    for (const { prove } of [key, other]) assert.equal((await ask(prove(claims))).status, 200)
    assertRefused(await ask(key.prove(claims)), 'invalid_dpop_proof')
  })

  test('a wrong secret is refused before anything is said of the proof', async () => {
    const stranger = { ...reader, client_secret: 'wrong' }
    assertRefused(await askWith(credence, stranger, 'proof'), 'invalid_client')
  })
})

describe('RFC 9449 §5.2: who must be bound', () => {
  test('checklist 22, RFC 9449 §5.2: a client with dpop_bound_access_tokens and no proof → invalid_dpop_proof, which says what to do', async () => {
    const bound = await createReader(credence, 'bound')
    await credence.manage('PATCH', '/clients/bound', { dpop_bound_access_tokens: true })
    assert.match(assertRefused(await askWith(credence, bound, undefined), 'invalid_dpop_proof'), /send a DPoP proof/)
    assert.equal((await askWith(credence, bound, key.prove(right()))).status, 200)
  })

  test('RFC 9449 §5.2: an API with sender_constraint required takes no bearer token, and says how to get another', async () => {
    const strict = 'https://strict.example.com'
    await credence.manage('POST', '/apis', { audience: strict, scopes: ['x'], sender_constraint: 'required' })
    const client = await credence.createClient({ client_id: 'strict', grants: [{ audience: strict, scopes: ['x'] }] })
    const said = assertRefused(await askWith(credence, client, undefined), 'invalid_request')
    assert.match(said, /strict\.example\.com must be bound .* DPoP proof .* mutual TLS/)
    assert.equal(jsonOf(await askWith(credence, client, key.prove(right()))).token_type, 'DPoP')
  })

  test('the log says which check a proof failed, and never has the proof', async () => {
    const proof = key.prove({ ...right(), htm: 'GET' })
    assertRefused(await ask(proof), 'invalid_dpop_proof')
    assert.match(credence.output(), /dpop_proof_method/)
    assert.ok(!credence.output().includes(proof))
  })
})
