import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { maxTokenLength } from '@credence/jwt'
import type { Refusal } from '../refusal.ts'
import { type Accepted, createResourceServer } from '../resource_server.ts'
import {
  createAskingServer,
  type IntrospectingIssuer,
  startIntrospectingIssuer,
} from '../testing/introspecting_issuer.ts'
import { now, resource } from '../testing/test_issuer.ts'
import { maxCallsAtOnce } from './introspector.ts'
import { isOpaque } from './opaque_tokens.ts'

let from: IntrospectingIssuer

beforeEach(async () => {
  from = await startIntrospectingIssuer()
})
afterEach(() => from.close())

const accepted = (result: Accepted | Refusal) => {
  assert.ok(result.ok, result.ok ? '' : `${result.code}: ${result.description} ${result.detail ?? ''}`)
  return result.token
}

const refused = (result: Accepted | Refusal, status: number, code: Refusal['code']): Refusal => {
  assert.ok(!result.ok, 'accepted')
  assert.deepEqual([result.status, result.code], [status, code], `${result.description} ${result.detail ?? ''}`)
  return result
}

/** The answer with these changes is refused so. */
const refusedAnswers = async (code: Refusal['code'], wrongs: readonly object[], status = 401) => {
  const answer = from.state.answer as object
  for (const wrong of wrongs) {
    from.state.answer = { ...answer, ...wrong }
    refused(await createAskingServer(from).verify('opaque'), status, code)
  }
  from.state.answer = answer
}

describe('introspection of opaque tokens', () => {
  it('RFC 7662 §2.1: the issuer is asked by POST with Basic, and its claims are those of the token', async () => {
    const { verify } = createAskingServer(from, { clientId: 'orders server', clientSecret: 'a+b:c%' })
    const token = accepted(await verify('opaque~token', { all: ['orders:read'] }))
    assert.deepEqual(token, { claims: from.claims, scopes: ['orders:read'], clientId: 'reporter' })
    refused(await verify('opaque~token', { all: ['orders:write'] }), 403, 'insufficient_scope')
    const [call] = from.calls
    assert.equal(from.calls.length, 1)
    assert.deepEqual(Object.fromEntries(call?.form ?? []), { token: 'opaque~token', token_type_hint: 'access_token' })
    const basic = Buffer.from(call?.headers.authorization?.slice('Basic '.length) ?? '', 'base64').toString()
    assert.equal(basic, 'orders+server:a%2Bb%3Ac%25')
  })

  it('the secret may come from a function, the whole authorization too, and the endpoint from the configuration', async () => {
    const secrets = ['one', 'two']
    const rotating = createAskingServer(from, { clientSecret: async () => secrets.shift() ?? '' })
    accepted(await rotating.verify('a'))
    accepted(await rotating.verify('b'))
    assert.notEqual(from.calls[0]?.headers.authorization, from.calls[1]?.headers.authorization)
    refused(await rotating.verify('c'), 503, 'introspection_unavailable')
    const { issuer } = from
    const introspection = {
      endpoint: `${issuer}/elsewhere`,
      clientId: 'orders-server',
      authorize: () => ({ headers: { authorization: 'Bearer own' }, parameters: { client_assertion: 'x' } }),
    }
    const before = from.requests.length
    const server = createResourceServer({ resource, issuers: [{ issuer }], introspection })
    await server.verify({ headers: { authorization: 'Bearer opaque' } })
    assert.deepEqual(from.requests.slice(before), ['/elsewhere'])
    assert.equal(from.calls.at(-1)?.headers.authorization, 'Bearer own')
    assert.equal(from.calls.at(-1)?.form.get('client_assertion'), 'x')
  })

  it('RFC 8725 §3.10: a token that is too long is refused and not passed on', async () => {
    const { verify } = createAskingServer(from)
    refused(await verify('a'.repeat(maxTokenLength + 1)), 401, 'token_too_large')
    assert.equal(from.calls.length, 0)
    accepted(await verify('a'.repeat(maxTokenLength)))
  })

  it('RFC 7662 §2.2: not active is 401, without a word about why', async () => {
    from.state.answer = { active: false }
    const refusal = refused(await createAskingServer(from).verify('opaque'), 401, 'token_inactive')
    assert.match(refusal.challenge ?? '', /error="invalid_token"/)
  })

  it('RFC 7662 §2.2: active must be true or false: anything else has said nothing, and is 503', async () => {
    const wrongs = ['true', 1, null, undefined, {}].map((active) => ({ active }))
    await refusedAnswers('introspection_unavailable', wrongs, 503)
  })

  it('V15: an answer about a token of another issuer or for another API is refused, and so is one that does not say for which', async () => {
    await refusedAnswers('wrong_issuer', [{ iss: 'https://auth.example.org' }, { iss: [from.issuer] }, { iss: null }])
    await refusedAnswers('wrong_audience', [{ aud: 'https://invoices.example.com' }, { aud: undefined }])
    await refusedAnswers('invalid_claims', [{ aud: [resource, 5] }, { aud: '' }, { aud: [] }, { aud: null }])
  })

  it('V9, V10: the members of an answer are checked as claims are', async () => {
    await refusedAnswers('invalid_claims', [
      { exp: String(now + 600) },
      { exp: undefined },
      { iat: undefined },
      { iat: String(now) },
      { scope: ['orders:read'] },
      { client_id: 5 },
      { client_id: undefined },
      { sub: 5 },
      { jti: 5 },
      { cnf: 'x' },
      { token_type: 'DPoP' },
      { token_type: 'Refresh' },
      { token_type: 'PoP' },
      { token_type: 5 },
    ])
    await refusedAnswers('expired', [{ exp: now - 5 }])
    await refusedAnswers('not_yet_valid', [{ nbf: now + 60 }, { iat: now + 60 }])
  })

  it('RFC 6749 §7.1: a token type ignores case and may be missing', async () => {
    const { token_type: _, ...answer } = from.state.answer as Record<string, unknown>
    for (const said of [answer, { ...answer, token_type: 'bearer' }]) {
      from.state.answer = said
      accepted(await createAskingServer(from).verify('opaque'))
    }
  })

  it('V11: a token that is bound by cnf is not accepted from its bearer', async () => {
    from.state.answer = {
      ...(from.state.answer as object),
      cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' },
    }
    const result = await createAskingServer(from).verify('opaque')
    assert.ok(!result.ok)
    assert.equal(result.status, 401)
  })

  it('what RFC 7662 leaves out is filled in: iss, sub of a client for itself, an id; aud only where that is said to be right', async () => {
    const { iss: _, sub: __, jti: ___, aud: ____, ...rest } = from.claims
    from.state.answer = { active: true, ...rest }
    refused(await createAskingServer(from).verify('opaque'), 401, 'wrong_audience')
    const { verify } = createAskingServer(from, { withoutAudience: 'trust-issuer' })
    const { claims } = accepted(await verify('opaque'))
    assert.deepEqual([claims.iss, claims.sub, claims.aud], [from.issuer, 'reporter', resource])
    assert.match(claims.jti, /^[\w-]{43}$/)
    assert.notEqual(accepted(await verify('another')).claims.jti, claims.jti)
  })

  it('a hundred requests with one token are one question, and two tokens are two', async () => {
    const { verify } = createAskingServer(from)
    const results = await Promise.all(Array.from({ length: 100 }, (_, n) => verify(n % 2 === 0 ? 'a' : 'b')))
    for (const result of results) accepted(result)
    assert.equal(from.calls.length, 2)
  })

  it('V13: an answer is used again for cacheSeconds, never beyond exp, and not at all where that is 0', async () => {
    const { clock, verify } = createAskingServer(from)
    accepted(await verify('opaque'))
    clock.advance(9)
    accepted(await verify('opaque'))
    assert.equal(from.calls.length, 1)
    clock.advance(1)
    from.state.answer = { active: false }
    refused(await verify('opaque'), 401, 'token_inactive')

    from.state.answer = { active: true, ...from.claims, exp: now + 100 }
    const long = createAskingServer(from, { cacheSeconds: 300 })
    accepted(await long.verify('short'))
    from.state.answer = { active: false }
    long.clock.advance(99)
    accepted(await long.verify('short'))
    long.clock.advance(1)
    refused(await long.verify('short'), 401, 'token_inactive')

    from.state.answer = { active: true, ...from.claims }
    const none = createAskingServer(from, { cacheSeconds: 0 })
    const before = from.calls.length
    accepted(await none.verify('opaque'))
    accepted(await none.verify('opaque'))
    assert.equal(from.calls.length - before, 2)
  })

  it('garbage that is sent again and again costs the issuer one question in five seconds', async () => {
    from.state.answer = { active: false }
    const { clock, verify } = createAskingServer(from, { cacheSeconds: 0 })
    for (let i = 0; i < 50; i++) refused(await verify('garbage'), 401, 'token_inactive')
    assert.equal(from.calls.length, 1)
    clock.advance(5)
    refused(await verify('garbage'), 401, 'token_inactive')
    assert.equal(from.calls.length, 2)
  })

  it('V13: a failure is 503 with Retry-After, keeps its reason inside, and is never kept', async () => {
    const { verify } = createAskingServer(from)
    const good = from.state.answer
    const fail = async (reason: RegExp, change: Partial<typeof from.state>) => {
      const before = { ...from.state }
      Object.assign(from.state, change)
      const refusal = refused(await verify('opaque'), 503, 'introspection_unavailable')
      assert.equal(refusal.headers['retry-after'], '5')
      assert.equal(refusal.challenge, undefined)
      assert.match(refusal.detail ?? '', reason)
      assert.doesNotMatch(refusal.body, reason)
      Object.assign(from.state, before)
    }
    await fail(/status 500/, { status: 500 })
    await fail(/status 401/, { status: 401 })
    await fail(/status 307; redirects are not followed/, { status: 307, headers: { location: `${from.issuer}/keys` } })
    await fail(/content type is not application\/json/, { headers: { 'content-type': 'text/html' } })
    await fail(/not JSON/, { answer: '<html>' })
    await fail(/twice/, { answer: '{"active":false,"active":true}' })
    await fail(/more than 65536 bytes/, { answer: JSON.stringify({ ...(good as object), fill: 'x'.repeat(70_000) }) })
    accepted(await verify('opaque'))
    from.close()
    accepted(await verify('opaque'))
    assert.match(refused(await verify('other'), 503, 'introspection_unavailable').detail ?? '', /ECONNREFUSED/)
  })

  it('no more than a bounded number of tokens are asked about at once, and the rest is 503', async () => {
    let release = () => {}
    from.state.gate = new Promise((resolve) => {
      release = resolve
    })
    const { verify } = createAskingServer(from)
    const asked = Array.from({ length: maxCallsAtOnce }, (_, n) => verify(`token-${n}`))
    refused(await verify('one-more'), 503, 'introspection_unavailable')
    release()
    for (const result of await Promise.all(asked)) accepted(result)
    accepted(await verify('one-more'))
  })

  it('C1: an endpoint of another origin in the metadata gets neither the token nor the secret', async () => {
    const other = await startIntrospectingIssuer()
    try {
      from.state.metadata = { ...from.state.metadata, introspection_endpoint: `${other.issuer}/introspect` }
      const refusal = refused(await createAskingServer(from).verify('opaque'), 503, 'introspection_unavailable')
      assert.match(refusal.detail ?? '', /name it as endpoint/)
      assert.equal(other.calls.length, 0)
      const named = createAskingServer(from, { endpoint: `${other.issuer}/introspect` })
      other.state.answer = from.state.answer
      accepted(await named.verify('opaque'))
    } finally {
      other.close()
    }
  })

  it('metadata that cannot be had is asked for again after five seconds, not with every token', async () => {
    from.state.metadata = {}
    const { clock, verify } = createAskingServer(from)
    for (let i = 0; i < 20; i++) refused(await verify(`token-${i}`), 503, 'introspection_unavailable')
    assert.equal(from.requests.length, 1)
    from.state.metadata = { issuer: from.issuer, introspection_endpoint: `${from.issuer}/introspect` }
    clock.advance(5)
    accepted(await verify('opaque'))
  })

  it('A9: neither token nor secret is in a refusal', async () => {
    from.state.status = 400
    const { server } = createAskingServer(from, { clientSecret: 'canary-secret' })
    const result = await server.verify({ headers: { authorization: 'Bearer canary-token' } })
    assert.doesNotMatch(inspect(result, { depth: 10 }), /canary/)
  })
})

describe('introspection: which tokens, and whom', () => {
  it('what has a JOSE header is none of the tokens that are asked about', async () => {
    const encode = (text: string) => Buffer.from(text).toString('base64url')
    for (const header of ['{"alg":"none"}', ' {"alg":"ES256"}', '\n{', '{}']) {
      assert.equal(isOpaque(`${encode(header)}.e30.AAAA`), false, header)
    }
    for (const token of ['opaque', 'cat_1_abc', 'a.b.c', '', '.', '...', 'eyJhbGciOiJub25lIn0']) {
      assert.equal(isOpaque(token), true, token)
    }
  })

  it('V12, opaque-only: JWTs are verified here, and neither they nor encrypted tokens are sent anywhere', async () => {
    const { verify } = createAskingServer(from)
    accepted(await verify(await from.sign(from.claims)))
    refused(await verify(await from.sign({ ...from.claims, exp: now - 60 })), 401, 'expired')
    refused(await verify('eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAA.AAAA.AAAA'), 401, 'malformed_token')
    assert.equal(from.calls.length, 0)
  })

  it('without introspection an opaque token is a malformed one', async () => {
    const { issuer } = from
    const server = createResourceServer({ resource, issuers: [{ issuer }] })
    refused(await server.verify({ headers: { authorization: 'Bearer opaque' } }), 401, 'malformed_token')
    assert.equal(from.requests.length, 0)
  })

  it('always: a JWT is verified here first, then asked about, and refused once it is revoked, from the cache as well', async () => {
    const { clock, verify } = createAskingServer(from, { mode: 'always' })
    const token = await from.sign(from.claims)
    refused(await verify(await from.sign({ ...from.claims, aud: 'https://x.example.com' })), 401, 'wrong_audience')
    assert.equal(from.calls.length, 0)
    accepted(await verify(token))
    accepted(await verify(token))
    assert.equal(from.calls.length, 1)
    from.state.answer = { active: false }
    clock.advance(10)
    refused(await verify(token), 401, 'token_inactive')
    from.close()
    clock.advance(5)
    refused(await verify(token), 503, 'introspection_unavailable')
  })

  it('always: an answer about another token is refused, one that says no more than active will do', async () => {
    const token = await from.sign(from.claims)
    for (const wrong of [{ jti: 'other' }, { client_id: 'other' }, { exp: now + 601 }]) {
      from.state.answer = { active: true, ...from.claims, ...wrong }
      refused(await createAskingServer(from, { mode: 'always' }).verify(token), 401, 'invalid_claims')
    }
    from.state.answer = { active: true }
    accepted(await createAskingServer(from, { mode: 'always' }).verify(token))
  })

  it('an opaque token goes to one issuer alone, by its prefix; two that cannot be told apart are refused at the start', async () => {
    const second = await startIntrospectingIssuer()
    try {
      const issuers = [from, second].map(({ issuer }, n) => ({
        issuer,
        introspection: { clientId: 'a', clientSecret: 'b', ...(n === 1 && { tokenPrefix: 'cat_' }) },
      }))
      const server = createResourceServer({ resource, issuers })
      for (const token of ['cat_1_x', 'other']) await server.verify({ headers: { authorization: `Bearer ${token}` } })
      assert.deepEqual(
        second.calls.map(({ form }) => form.get('token')),
        ['cat_1_x'],
      )
      assert.deepEqual(
        from.calls.map(({ form }) => form.get('token')),
        ['other'],
      )
      const introspection = { clientId: 'a', clientSecret: 'b' }
      assert.throws(
        () => createResourceServer({ resource, issuers: issuers.map(({ issuer }) => ({ issuer })), introspection }),
        /tokenPrefix/,
      )
    } finally {
      second.close()
    }
  })

  it('options that cannot be right are refused when the server is made', () => {
    const { issuer } = from
    const create = (introspection: object) =>
      createResourceServer({
        resource,
        issuers: [{ issuer }],
        introspection: { clientId: 'a', clientSecret: 'b', ...introspection },
      })
    create({})
    for (const wrong of [
      { clientId: '' },
      { clientSecret: undefined },
      { authorize: () => ({}) },
      { endpoint: 'http://auth.example.com/introspect' },
      { endpoint: 'introspect' },
      { mode: 'never' },
      { withoutAudience: true },
    ]) {
      assert.throws(() => create(wrong), TypeError, JSON.stringify(wrong))
    }
    for (const cacheSeconds of [-1, 301, Number.NaN]) assert.throws(() => create({ cacheSeconds }), RangeError)
  })
})

describe('signed introspection answers', () => {
  const ask = () => createAskingServer(from, { signed: true }).verify('opaque')

  it('RFC 9701 §4: they are asked for by Accept, verified with the issuer’s keys, and read', async () => {
    await from.answerSigned()
    assert.deepEqual(accepted(await ask()).claims, from.claims)
    assert.equal(from.calls[0]?.headers.accept, 'application/token-introspection+jwt')
    await from.answerSigned({ aud: ['other', 'orders-server'] })
    accepted(await ask())
    await from.answerSigned({ token_introspection: { active: false } })
    refused(await ask(), 401, 'token_inactive')
  })

  it('RFC 9701 §5: an answer for another resource server, of another issuer, of another time or kind has said nothing', async () => {
    for (const [wrong, header] of [
      [{ aud: 'invoices-server' }],
      [{ aud: undefined }],
      [{ iss: 'https://auth.example.org' }],
      [{ iss: undefined }],
      [{ iat: undefined }],
      [{ iat: String(now) }],
      [{ iat: now + 60 }],
      [{ iat: now - 66 }],
      [{ token_introspection: undefined }],
      [{ token_introspection: 'active' }],
      [{ token_introspection: [] }],
      [{ token_introspection: { active: 'true' } }],
      [{}, { typ: 'at+jwt' }],
      [{}, { typ: 'JWT' }],
      [{}, { typ: undefined }],
      [{}, { alg: 'none' }],
      [{}, { kid: 'other' }],
    ] as readonly [object, object?][]) {
      await from.answerSigned(wrong, header)
      refused(await ask(), 503, 'introspection_unavailable')
    }
  })

  it('RFC 9701 §5: a signature that is not the issuer’s has said nothing, and neither has an unsigned answer', async () => {
    await from.answerSigned()
    const other = await startIntrospectingIssuer()
    try {
      const forged = await other.sign(
        { iss: from.issuer, aud: 'orders-server', iat: now, token_introspection: { active: true, ...from.claims } },
        { typ: 'token-introspection+jwt' },
      )
      from.state.answer = forged
      assert.match(refused(await ask(), 503, 'introspection_unavailable').detail ?? '', /signature/)
    } finally {
      other.close()
    }
    from.state.headers = { 'content-type': 'application/json' }
    from.state.answer = { active: true, ...from.claims }
    assert.match(refused(await ask(), 503, 'introspection_unavailable').detail ?? '', /content type/)
  })

  it('RFC 9701 §8.1: a signed answer is no access token', async () => {
    await from.answerSigned()
    refused(await createAskingServer(from).verify(String(from.state.answer)), 401, 'wrong_type')
  })
})
