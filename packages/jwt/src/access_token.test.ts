import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { VerifyOptions } from './access_token.ts'
import { createLocalKeySet, type JwtErrorCode, publicJwk, signatureAlgorithms, verifyAccessToken } from './index.ts'
import {
  audience,
  createTestClock,
  createTestIssuer,
  encode,
  isRefusal,
  issuer,
  type TestIssuer,
} from './testing/test_issuer.ts'

const es256 = await createTestIssuer('ES256')
const now = es256.claims.iat

const verify = (token: string, options: Partial<VerifyOptions> = {}, from: TestIssuer = es256) =>
  verifyAccessToken(token, { issuer, audience, keys: from.keys, clock: from.clock, ...options })

const refused = (token: string, code: JwtErrorCode, options: Partial<VerifyOptions> = {}) =>
  assert.rejects(verify(token, options), isRefusal(code))

/** Each of these claims, one at a time, is refused. */
const refusedClaims = async (code: JwtErrorCode, wrongs: readonly object[]) => {
  for (const wrong of wrongs) await refused(es256.sign(wrong), code)
}

describe('verifyAccessToken', () => {
  for (const algorithm of signatureAlgorithms) {
    it(`RFC 9068 §4: a good token is accepted, ${algorithm}`, async () => {
      const from = await createTestIssuer(algorithm)
      assert.deepEqual(await verify(from.sign(), {}, from), from.claims)
      await assert.rejects(
        verify(`${from.sign().slice(0, -8)}AAAAAAAA`, {}, from),
        isRefusal('bad_signature', 'malformed_token'),
      )
      const other = await createTestIssuer(algorithm)
      await assert.rejects(verify(other.sign(), {}, from), isRefusal('bad_signature'))
    })
  }

  it('RFC 9068 §4: what may differ is accepted: several audiences, no scope, no kid, other claims, any case of typ', async () => {
    await verify(es256.sign({ aud: ['https://other.example.com', audience] }))
    await verify(es256.sign({ scope: undefined, groups: ['a'], credential_id: undefined }))
    await verify(es256.sign({ exp: now + 0.5, iat: now - 0.5, nbf: now }))
    await verify(es256.sign({}, { kid: undefined }))
    for (const typ of ['AT+JWT', 'application/at+jwt', 'Application/AT+jwt']) await verify(es256.sign({}, { typ }))
  })

  it('V1: alg none is refused, with and without a signature', async () => {
    const payload = encode(JSON.stringify(es256.claims))
    for (const alg of ['none', 'None', 'NONE', 'nOnE']) {
      const header = encode(JSON.stringify({ ...es256.header, alg }))
      await refused(`${header}.${payload}.`, 'unsupported_algorithm')
      await refused(es256.sign({}, { alg }), 'unsupported_algorithm')
    }
  })

  it('V1: a signature that is empty, all zeros, or DER is refused', async () => {
    const [header, payload, signature = ''] = es256.sign().split('.')
    const der = Buffer.concat([Buffer.from([0x30, 0x44, 2, 32]), Buffer.from(signature, 'base64url')])
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(64), Buffer.alloc(63), Buffer.alloc(65), der]) {
      await refused(`${header}.${payload}.${encode(bytes)}`, 'bad_signature')
    }
  })

  it('V1: an algorithm that is not on the list for this issuer is refused', async () => {
    await refused(es256.sign(), 'unsupported_algorithm', { algorithms: ['RS256', 'EdDSA'] })
  })

  it('RFC 8725 §3.1: a key for RS256 does not serve PS256, and the other way round', async () => {
    for (const [signs, published] of [
      ['PS256', 'RS256'],
      ['RS256', 'PS256'],
    ] as const) {
      const from = await createTestIssuer(signs)
      const jwk = publicJwk(from.publicKey, { algorithm: published, kid: from.kid })
      const keys = createLocalKeySet({ keys: [jwk] })
      await assert.rejects(verify(from.sign(), { keys }, from), isRefusal('unsupported_algorithm'))
      await assert.rejects(verify(from.sign({}, { alg: published }), { keys }, from), isRefusal('bad_signature'))
    }
  })

  it('V2: a key carried by the token, by value or by reference, is never used', async () => {
    const attacker = await createTestIssuer('ES256')
    const url = 'https://attacker.example.com/keys'
    for (const header of [{ jwk: attacker.jwk }, { jku: url }, { x5u: url }, { x5c: ['MIIB'] }]) {
      await refused(attacker.sign({}, header), 'bad_signature')
      await refused(attacker.sign({}, { ...header, kid: 'attacker' }), 'unknown_key')
      await refused(attacker.sign({}, { ...header, kid: undefined }), 'bad_signature')
    }
  })

  it('V2: and does not stand in the way of a token that is good without it', async () => {
    await verify(es256.sign({}, { x5c: ['MIIB'], x5t: 'abc', jwk: es256.jwk }))
  })

  it('V3: a kid that no key has is refused', async () => {
    for (const kid of ['key-2', '', '__proto__', 'constructor', 'x'.repeat(5000), 'key-1\r\ninjected']) {
      await refused(es256.sign({}, { kid }), 'unknown_key')
    }
  })

  it('V5: typ absent, JWT or any other is refused', async () => {
    for (const typ of [
      undefined,
      'JWT',
      'jwt',
      '',
      'at',
      'at+jwt+x',
      'application/application/at+jwt',
      'text/at+jwt',
      'id_token+jwt',
    ]) {
      await refused(es256.sign({}, { typ }), 'wrong_type')
    }
  })

  it('V6: duplicate claims are refused', async () => {
    const text = JSON.stringify(es256.claims)
    for (const payload of [text.replace('{', '{"sub":"admin",'), text.replace('}', ',"\\u0073ub":"admin"}')]) {
      await refused(es256.signText(JSON.stringify(es256.header), payload), 'malformed_token')
    }
  })

  it('V8: a __proto__ claim is refused', async () => {
    const payload = JSON.stringify(es256.claims).replace('{', '{"__proto__":{"admin":true},')
    await refused(es256.signText(JSON.stringify(es256.header), payload), 'malformed_token')
  })

  it('V9: exp 1e999, as a string, or absent is refused', async () => {
    const payload = JSON.stringify(es256.claims).replace(/"exp":\d+/, '"exp":1e999')
    await refused(es256.signText(JSON.stringify(es256.header), payload), 'malformed_token')
    await refusedClaims('invalid_claims', [
      { exp: String(now + 600) },
      { exp: undefined },
      { exp: null },
      { exp: [now + 600] },
    ])
  })

  it('V9: iat or nbf ahead, or not a number, is refused', async () => {
    await refusedClaims('not_yet_valid', [{ iat: now + 3600 }, { nbf: now + 3600 }, { iat: now + 6 }, { nbf: now + 6 }])
    await refusedClaims('invalid_claims', [
      { iat: undefined },
      { iat: String(now) },
      { nbf: String(now) },
      { nbf: null },
    ])
  })

  it('RFC 7519 §4.1.4: expired is refused, with the tolerance that is configured and no more', async () => {
    const clock = createTestClock(now)
    const token = es256.sign({ exp: now + 10 })
    clock.advance(14)
    await verify(token, { clock })
    await refused(token, 'expired', { clock, clockToleranceSeconds: 0 })
    clock.advance(1)
    await refused(token, 'expired', { clock })
    await verify(token, { clock, clockToleranceSeconds: 60 })
    for (const clockToleranceSeconds of [61, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      await assert.rejects(verify(token, { clock, clockToleranceSeconds }), RangeError)
    }
  })

  it('V10: aud missing, empty, or with a member that is no string is refused', async () => {
    const wrong = [undefined, '', [], [audience, 1], [audience, ''], [''], null, 1, { [audience]: true }, [[audience]]]
    await refusedClaims(
      'invalid_claims',
      wrong.map((aud) => ({ aud })),
    )
  })

  it('V10: iss as an array, a prefix, or with a trailing slash is refused', async () => {
    await refusedClaims('invalid_claims', [{ iss: [issuer] }, { iss: undefined }, { iss: null }, { iss: { issuer } }])
    const wrong = [`${issuer}/`, issuer.slice(0, -1), `${issuer}.attacker.com`, issuer.toUpperCase(), ` ${issuer}`, '']
    await refusedClaims(
      'wrong_issuer',
      wrong.map((iss) => ({ iss })),
    )
  })

  it('V10: sub, client_id, jti or scope that is no string is refused', async () => {
    for (const wrong of [undefined, 1, null, ['a'], {}, '']) {
      await refusedClaims('invalid_claims', [{ sub: wrong }, { client_id: wrong }, { jti: wrong }])
    }
    await refusedClaims('invalid_claims', [{ scope: ['orders:read'] }, { scope: null }, { scope: 1 }])
  })

  it('V11: a token bound to a key, in whatever way, is refused as Bearer', async () => {
    const bindings = [{ jkt: 'x' }, { 'x5t#S256': 'x' }, { unknown: 'x' }, { jwk: es256.jwk }, {}]
    await refusedClaims(
      'sender_constrained',
      bindings.map((cnf) => ({ cnf })),
    )
    await refusedClaims('invalid_claims', [{ cnf: null }, { cnf: 'x' }, { cnf: [] }])
  })

  it('V15: a good token of another issuer, or for another API, is refused', async () => {
    await refused(es256.sign({ iss: 'https://auth.example.org' }), 'wrong_issuer')
    await refusedClaims('wrong_audience', [
      { aud: 'https://invoices.example.com' },
      { aud: `${audience}/` },
      { aud: audience.toUpperCase() },
      { aud: [`${audience}/v2`, 'x'] },
    ])
  })

  it('A9, A12: a refusal repeats nothing of a token but short, cleaned identifiers', async () => {
    const canary = 'canary\r\n"\\\u2028'.repeat(50)
    const tokens = [
      es256.sign({}, { kid: canary }),
      es256.sign({}, { typ: canary }),
      es256.sign({}, { alg: canary }),
      es256.sign({ iss: canary }),
    ]
    for (const token of tokens) {
      await assert.rejects(verify(token), (error: Error) => {
        assert.match(error.message, /^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,150}$/)
        return true
      })
    }
  })

  it('property: a token with any one character changed never verifies', async () => {
    const token = es256.sign()
    const letter = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n')
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), letter, async (at, char) => {
        fc.pre(token[at] !== char)
        await assert.rejects(verify(token.slice(0, at) + char + token.slice(at + 1)), { name: 'JwtError' })
      }),
      { numRuns: 1000 },
    )
  })

  it('property: a token cut, doubled or filled up anywhere never verifies', async () => {
    const token = es256.sign()
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length), fc.nat(token.length), async (a, b) => {
        const spoiled = token.slice(0, a) + token.slice(b)
        fc.pre(spoiled !== token)
        await assert.rejects(verify(spoiled), { name: 'JwtError' })
      }),
      { numRuns: 500 },
    )
  })

  it('property: whatever is in header and payload, the answer is claims or a JwtError', async () => {
    const json = fc.oneof(fc.json({ maxDepth: 3 }), fc.string(), fc.constant(JSON.stringify(es256.claims)))
    await fc.assert(
      fc.asyncProperty(json, json, async (header, payload) => {
        await assert.rejects(verify(es256.signText(header, payload)), { name: 'JwtError' })
      }),
      { numRuns: 500 },
    )
    const names = fc.constantFrom(...Object.keys(es256.claims), 'nbf', 'cnf')
    await fc.assert(
      fc.asyncProperty(fc.dictionary(names, fc.jsonValue({ maxDepth: 2 })), async (wrong) => {
        await verify(es256.sign(wrong)).catch((error) => assert.equal(error.name, 'JwtError'))
      }),
      { numRuns: 500 },
    )
  })
})
