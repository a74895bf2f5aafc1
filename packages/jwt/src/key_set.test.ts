import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { algorithms, type SignatureAlgorithm, signatureAlgorithms } from './algorithms.ts'
import { createLocalKeySet, maxKeys, parseKeySet } from './key_set.ts'
import { createTestIssuer, isRefusal } from './testing/test_issuer.ts'

const ec = await createTestIssuer('ES256')
const rsa = await createTestIssuer('RS256')
const ed = await createTestIssuer('EdDSA')
const { alg: _, ...rsaWithoutAlg } = rsa.jwk

/** Asserts that a key is skipped, alone and beside a good one, and that the good one is still found. */
const skipped = (jwk: unknown, reason: RegExp, allowed = signatureAlgorithms) => {
  const set = parseKeySet({ keys: [jwk, { ...ec.jwk, kid: 'good' }] }, allowed)
  assert.equal(set.skipped.length, 1, `not skipped: ${JSON.stringify(jwk)}`)
  assert.match(set.skipped[0]?.reason ?? '', reason)
  assert.deepEqual(
    [...set.keys].map((key) => key.kid),
    ['good'],
  )
}

const algorithmOf = (jwk: object, allowed?: readonly SignatureAlgorithm[]) =>
  [...parseKeySet({ keys: [jwk] }, allowed).keys].map((key) => key.algorithm.name).join()

describe('parseKeySet', () => {
  it('RFC 7517 §4: reads a key of each algorithm, use and key_ops right or absent', () => {
    for (const jwk of [ec.jwk, rsa.jwk, ed.jwk]) {
      assert.equal(algorithmOf(jwk), jwk.alg)
      const { use: __, ...withoutUse } = jwk
      assert.equal(algorithmOf({ ...withoutUse, key_ops: ['verify'], 'x-extra': 1 }), jwk.alg)
    }
  })

  it('RFC 8725 §3.1: a key serves exactly one algorithm, stated or implied by its type', () => {
    const { alg: __, ...ecWithoutAlg } = ec.jwk
    assert.equal(algorithmOf(ecWithoutAlg), 'ES256')
    assert.equal(algorithmOf(rsaWithoutAlg), 'RS256')
    assert.equal(algorithmOf(rsaWithoutAlg, ['ES256', 'PS256']), 'PS256')
    assert.equal(algorithmOf({ ...rsa.jwk, alg: 'PS256' }), 'PS256')
    skipped(rsaWithoutAlg, /no algorithm is allowed/, ['ES256'])
    skipped(rsa.jwk, /alg is 'RS256'/, ['ES256', 'PS256'])
  })

  it('RFC 9864 §2.2: Ed25519 is the same algorithm as EdDSA', () => {
    assert.equal(algorithmOf({ ...ed.jwk, alg: 'Ed25519' }), 'EdDSA')
  })

  it('V1: a symmetric key is skipped', () => {
    skipped({ kty: 'oct', k: 'c2VjcmV0', alg: 'HS256', kid: 'a' }, /private members/)
    skipped({ kty: 'oct', alg: 'HS256', kid: 'a' }, /alg is 'HS256'/)
  })

  it('V3: an RSA key below 2048 bits is skipped', () => {
    for (const modulusLength of [512, 1024, 2047]) {
      const { publicKey } = generateKeyPairSync('rsa', { modulusLength })
      skipped({ ...publicKey.export({ format: 'jwk' }), kid: 'a', alg: 'RS256' }, /2048/)
    }
  })

  it('V3: an RSA key with an exponent of 1, an even one or a huge one is skipped', () => {
    for (const e of ['AQ', 'Ag', 'BA', 'AQAAAAE']) skipped({ ...rsa.jwk, e }, /exponent|not a key/)
  })

  it('V3: key_ops without verify, and use other than sig, are skipped', () => {
    for (const operations of [[], ['sign'], 'verify', {}, null]) {
      skipped({ ...ec.jwk, key_ops: operations }, /key_ops/)
    }
    for (const use of ['enc', 'SIG', '', null, 1]) skipped({ ...ec.jwk, use }, /use/)
  })

  it('V3: alg that does not match kty and crv is skipped', () => {
    skipped({ ...ec.jwk, alg: 'RS256' }, /does not fit/)
    skipped({ ...ec.jwk, alg: 'EdDSA' }, /does not fit/)
    skipped({ ...rsa.jwk, alg: 'ES256' }, /does not fit/)
    skipped({ ...rsa.jwk, crv: 'P-256' }, /does not fit/)
    skipped({ ...ec.jwk, alg: 'ES384' }, /alg/)
    skipped({ ...ec.jwk, alg: 'none' }, /alg/)
    skipped({ ...ec.jwk, crv: 'P-384' }, /does not fit/)
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' })
    skipped({ ...p384, kid: 'a' }, /no algorithm/)
    const ed448 = generateKeyPairSync('ed448').publicKey.export({ format: 'jwk' })
    skipped({ ...ed448, kid: 'a', alg: 'EdDSA' }, /does not fit/)
  })

  it('V3: a private JWK is skipped, and is not repeated in the reason', () => {
    for (const { privateKey, jwk } of [ec, rsa, ed]) {
      skipped({ ...jwk, ...privateKey.export({ format: 'jwk' }) }, /^a key is refused: it has private members$/)
    }
    skipped({ ...ec.jwk, d: '' }, /private members/)
  })

  it('V3: a kid that is not a string is skipped', () => {
    for (const kid of [1, null, {}, []]) skipped({ ...ec.jwk, kid }, /kid/)
  })

  it('V3: a kid called __proto__ or constructor is a kid like any other', () => {
    const set = parseKeySet({ keys: [ec.jwk] })
    for (const kid of ['__proto__', 'constructor', 'toString', ''])
      assert.equal(set.find(kid, algorithms.ES256), undefined)
    const named = parseKeySet(JSON.parse(JSON.stringify({ keys: [{ ...ec.jwk, kid: '__proto__' }] })))
    assert.equal(named.find('__proto__', algorithms.ES256)?.kid, '__proto__')
  })

  it('V7: coordinates that are not canonical base64url, of the wrong length, or off the curve are skipped', () => {
    if (ec.jwk.kty !== 'EC') throw new Error('not an EC key')
    const withLeadingZero = Buffer.concat([Buffer.alloc(1), Buffer.from(ec.jwk.x, 'base64url')]).toString('base64url')
    for (const x of [withLeadingZero, `${ec.jwk.x}=`, ` ${ec.jwk.x}`, 'AAAA', '', 1, undefined, ec.jwk.y]) {
      skipped({ ...ec.jwk, x }, /x |not a key/)
    }
    skipped({ ...rsa.jwk, n: '' }, /n is missing/)
  })

  it('K3: two usable keys with one kid are both skipped', () => {
    const set = parseKeySet({ keys: [ec.jwk, { ...rsa.jwk, kid: ec.kid }, { ...ed.jwk, kid: 'other' }] })
    assert.equal(set.find(ec.kid, algorithms.ES256), undefined)
    assert.equal(set.skipped.length, 2)
    assert.ok(set.find('other', algorithms.EdDSA))
    assert.equal(parseKeySet({ keys: [ec.jwk, ec.jwk] }).keys.size, 0)
  })

  it('K3: a key for encryption may share its kid with the one for signing', () => {
    const set = parseKeySet({ keys: [{ ...rsa.jwk, use: 'enc' }, rsa.jwk] })
    assert.ok(set.find(rsa.kid, algorithms.RS256))
  })

  it('K3: what is no key set is refused whole, and so is one with too many keys', () => {
    for (const document of [null, [], {}, 'keys', { keys: {} }, { keys: 'x' }]) {
      assert.throws(() => parseKeySet(document), isRefusal('unsuitable_key'))
    }
    assert.throws(() => parseKeySet({ keys: Array(maxKeys + 1).fill(ec.jwk) }), isRefusal('unsuitable_key'))
    for (const member of [null, 1, 'x', [], {}]) skipped(member, /./)
  })

  it('a set read again keeps the keys that did not change, and only those', () => {
    const first = parseKeySet({ keys: [ec.jwk, rsa.jwk] })
    const changed = { ...rsa.jwk, kid: ec.kid }
    const second = parseKeySet({ keys: [changed, { ...ec.jwk, kid: 'b' }, ed.jwk] }, signatureAlgorithms, first)
    assert.equal(
      [...second.keys].some((key) => first.keys.has(key)),
      false,
    )
    const third = parseKeySet({ keys: [{ ...ec.jwk }] }, signatureAlgorithms, parseKeySet({ keys: [ec.jwk] }))
    assert.equal(third.keys.size, 1)
    const same = parseKeySet({ keys: [ec.jwk] })
    assert.deepEqual([...parseKeySet({ keys: [ec.jwk] }, signatureAlgorithms, same).keys], [...same.keys])
    assert.equal([...parseKeySet({ keys: [ec.jwk] }, signatureAlgorithms, same).keys][0], [...same.keys][0])
  })
})

describe('createLocalKeySet', () => {
  it('finds by kid; without kid only where one key is possible', async () => {
    const both = createLocalKeySet({ keys: [ec.jwk, { ...rsa.jwk, kid: 'rsa' }] })
    assert.equal((await both.find(ec.kid, algorithms.ES256)).kid, ec.kid)
    assert.equal((await both.find(undefined, algorithms.RS256)).kid, 'rsa')
    const two = createLocalKeySet({ keys: [ec.jwk, { ...ec.jwk, kid: 'b' }] })
    assert.throws(() => two.find(undefined, algorithms.ES256), isRefusal('unknown_key'))
    assert.throws(() => two.find('c', algorithms.ES256), isRefusal('unknown_key'))
  })
})
