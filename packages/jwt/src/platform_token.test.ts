import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeCompactJws } from './compact_jws.ts'
import { createLocalKeySet } from './key_set.ts'
import { checkPlatformClaims, checkPlatformSignature } from './platform_token.ts'
import { createTestIssuer, isRefusal } from './testing/test_issuer.ts'

const issuer = await createTestIssuer('RS256')
const now = issuer.clock.epochSeconds()
const audience = 'https://auth.example.com'
const rules = { audience, types: ['jwt', undefined], maxLifetimeSeconds: 3600, issuedAtRequired: true, now }

const token = (claims: object = {}, header: object = {}) =>
  decodeCompactJws(issuer.sign({ aud: audience, ...claims }, { typ: 'JWT', ...header }))
const check = (claims: object = {}, header: object = {}) => checkPlatformClaims(token(claims, header), rules)

describe('the claims of a platform’s token', () => {
  it('RFC 7523 §3: what is right is returned, with what the platform added', () => {
    const claims = check({ nbf: now - 600, repository: 'a/b' })
    assert.deepEqual(
      [claims.sub, claims.exp, claims.iat, claims.repository],
      ['report-generator', now + 600, now, 'a/b'],
    )
    assert.ok(check({ jti: undefined }))
    assert.ok(check({}, { typ: 'application/JWT' }))
    assert.ok(check({}, { typ: undefined }))
  })

  it('RFC 7523 §3: sub, exp, iat, nbf and jti are what they have to be', () => {
    for (const wrong of [
      { sub: '' },
      { sub: 5 },
      { sub: undefined },
      { jti: '' },
      { jti: 5 },
      { exp: '1' },
      { iat: 'x' },
      { nbf: null },
    ]) {
      assert.throws(() => check(wrong), isRefusal('invalid_claims'), JSON.stringify(wrong))
    }
  })

  it('RFC 7523 §3: our audience alone, as a string or as the one element of an array', () => {
    assert.ok(check({ aud: [audience] }))
    for (const aud of [[audience, 'https://other.example'], `${audience}/`, '', [], [[audience]], undefined, null]) {
      assert.throws(() => check({ aud }), isRefusal('wrong_audience'), JSON.stringify(aud))
    }
  })

  it('V9: ten seconds either way, and no life beyond what its platform gives', () => {
    assert.ok(check({ exp: now - 9, iat: now - 60 }))
    assert.throws(() => check({ exp: now - 10, iat: now - 60 }), isRefusal('expired'))
    assert.ok(check({ iat: now + 10, nbf: now + 10 }))
    assert.throws(() => check({ iat: now + 11 }), isRefusal('not_yet_valid'))
    assert.throws(() => check({ nbf: now + 11 }), isRefusal('not_yet_valid'))
    assert.ok(check({ exp: now + 3600 }))
    assert.throws(() => check({ exp: now + 3601 }), isRefusal('invalid_claims'))
    assert.throws(() => check({ iat: undefined }), isRefusal('invalid_claims'))
  })

  it('a token that need not say when it was issued may not live longer for it', () => {
    const without = (exp: number) =>
      checkPlatformClaims(token({ iat: undefined, exp }), { ...rules, issuedAtRequired: false })
    assert.ok(without(now + 3600))
    assert.throws(() => without(now + 3611), isRefusal('invalid_claims'))
  })

  it('RFC 7800 §3: one that is bound to a key is no bearer’s; another type is another thing', () => {
    assert.throws(() => check({ cnf: { jkt: 'x' } }), isRefusal('sender_constrained'))
    for (const typ of ['at+jwt', 'dpop+jwt', '']) assert.throws(() => check({}, { typ }), isRefusal('wrong_type'))
  })
})

describe('the signature of a platform’s token', () => {
  const keys = createLocalKeySet({ keys: [issuer.jwk] })

  it('is by the key named', async () => {
    await checkPlatformSignature(token(), keys)
    const another = await createTestIssuer('RS256', issuer.clock)
    await assert.rejects(checkPlatformSignature(decodeCompactJws(another.sign()), keys), isRefusal('bad_signature'))
    await assert.rejects(checkPlatformSignature(token({}, { kid: 'x' }), keys), isRefusal('unknown_key'))
    const es256 = await createTestIssuer('ES256', issuer.clock)
    await assert.rejects(
      checkPlatformSignature(decodeCompactJws(es256.sign()), keys),
      isRefusal('unsupported_algorithm'),
    )
    await assert.rejects(checkPlatformSignature(token(), keys, ['ES256']), isRefusal('unsupported_algorithm'))
  })
})
