/** RFC 7523 §3 claim by claim, with the code of what is wrong; over HTTP the caller is not told which it was. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkClientAssertion, checkClientAssertionType, decodeClientAssertion } from './client_assertion.ts'
import type { JwtErrorCode } from './jwt_error.ts'

const now = 1_800_000_000
const issuer = 'https://auth.example.com'
const expected = { clientId: 'job', audiences: [issuer], now }
const right = { iss: 'job', sub: 'job', aud: issuer, iat: now, exp: now + 60, jti: 'a' }

const check = (claims: object) => checkClientAssertion({ ...right, ...claims }, expected)

test('RFC 7523 §3: what is left of a good assertion is to claim it, until 10 s after exp', () => {
  assert.deepEqual(check({}), { jti: 'a', refusedFrom: now + 70, issuedAt: now })
  assert.deepEqual(check({ exp: now + 60.5 }).refusedFrom, now + 71)
  assert.equal(check({ iat: undefined }).issuedAt, now - 240)
})

const refused: readonly (readonly [title: string, claims: object, code: JwtErrorCode])[] = [
  ['11: sub of another', { sub: 'other' }, 'invalid_claims'],
  ['11: iss of another', { iss: 'other' }, 'wrong_issuer'],
  ['11: no exp', { exp: undefined }, 'invalid_claims'],
  ['V9: exp as a string', { exp: `${now + 60}` }, 'invalid_claims'],
  ['11: exp over by 10 s', { exp: now - 10 }, 'expired'],
  ['12: an array', { aud: [issuer] }, 'wrong_audience'],
  ['12: another', { aud: `${issuer}/oauth/token` }, 'wrong_audience'],
  ['12: a prefix', { aud: issuer.slice(0, -1) }, 'wrong_audience'],
  ['14: iat 11 s ahead', { iat: now + 11 }, 'not_yet_valid'],
  ['14: nbf 11 s ahead', { nbf: now + 11 }, 'not_yet_valid'],
  ['14: iat null', { iat: null }, 'invalid_claims'],
  ['14: exp 311 s ahead', { exp: now + 311 }, 'invalid_claims'],
  ['A2: exp 48 h ahead', { exp: now + 172_800 }, 'invalid_claims'],
  ['15: no jti', { jti: undefined }, 'invalid_claims'],
  ['15: jti too long', { jti: 'x'.repeat(257) }, 'invalid_claims'],
]

for (const [title, claims, code] of refused) {
  test(`${title} → ${code}`, () => {
    assert.throws(() => check(claims), { name: 'JwtError', code })
  })
}

for (const [title, claims] of [
  ['14: iat 10 s ahead', { iat: now + 10 }],
  ['14: nbf 10 s ahead', { nbf: now + 10 }],
  ['14: exp 310 s ahead', { exp: now + 310 }],
  ['11: exp over by 9 s', { exp: now - 9 }],
] as const) {
  test(`${title} is accepted`, () => {
    assert.equal(check(claims).jti, 'a')
  })
}

test('A2, property: what is accepted is remembered at least as long as it would be accepted, and 320 s at most', () => {
  fc.assert(
    fc.property(fc.double({ min: -20, max: 320, noNaN: true }), fc.integer({ min: 0, max: 400 }), (ahead, later) => {
      const exp = now + ahead
      const { refusedFrom } = checkOrNothing(exp, now) ?? {}
      if (refusedFrom === undefined) return
      assert.ok(refusedFrom - now <= 321)
      if (now + later >= refusedFrom) assert.equal(checkOrNothing(exp, now + later), undefined)
    }),
  )
})

const checkOrNothing = (exp: number, at: number) => {
  try {
    return checkClientAssertion({ ...right, exp }, { ...expected, now: at })
  } catch {
    return undefined
  }
}

const readOwn = (header: object) => {
  const assertion = decodeClientAssertion(encode(header))
  checkClientAssertionType(assertion.header)
  return assertion
}

const encode = (header: object) => `${Buffer.from(JSON.stringify(header)).toString('base64url')}.e30.AA`

for (const [title, header, code] of [
  ['V1: alg none', { alg: 'none' }, 'unsupported_algorithm'],
  ['V1: alg nOnE', { alg: 'nOnE' }, 'unsupported_algorithm'],
  ['11: HS512', { alg: 'HS512' }, 'unsupported_algorithm'],
  ['11: RS512', { alg: 'RS512' }, 'unsupported_algorithm'],
  ['V4: crit', { alg: 'ES256', crit: ['x'], x: 1 }, 'unsupported_header'],
  ['V4: crit with HS256', { alg: 'HS256', crit: [] }, 'unsupported_header'],
  ['V4: b64', { alg: 'ES256', b64: false }, 'unsupported_header'],
  ['13: typ at+jwt', { alg: 'ES256', typ: 'at+jwt' }, 'wrong_type'],
  ['V3: kid a number', { alg: 'ES256', kid: 1 }, 'malformed_token'],
] as const) {
  test(`${title} → ${code}`, () => {
    assert.throws(() => readOwn(header), { name: 'JwtError', code })
  })
}

test('13: client-authentication+jwt, JWT and none are read, whatever their letters', () => {
  for (const typ of ['client-authentication+jwt', 'application/Client-Authentication+JWT', 'JWT', 'jwt', undefined])
    assert.equal(readOwn({ alg: 'HS256', typ }).header.algorithm, 'HS256')
})
