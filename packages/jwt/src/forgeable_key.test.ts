import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import type { SignatureAlgorithm } from './algorithms.ts'
import { isRefusal } from './testing/test_issuer.ts'
import { importVerificationKey } from './verification_key.ts'

const refused = (jwk: Record<string, string>, algorithm: SignatureAlgorithm, reason: RegExp) =>
  assert.throws(
    () => importVerificationKey(jwk, [algorithm]),
    (error: Error) => isRefusal('unsuitable_key')(error) && reason.test(error.message),
    JSON.stringify(jwk),
  )

const bytesOf = (n: bigint, length: number) => Buffer.from(n.toString(16).padStart(2 * length, '0'), 'hex')

describe('RSA moduli that can be factored', () => {
  /** A modulus as the product of two primes from the faulty generator is: a power of 65537 by M. */
  const rocaModulus = (bits: number, exponent: number) => {
    let m = 1n
    for (let n = 2n; n <= 701n; n++)
      if (![2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n].some((p) => n > p && n % p === 0n)) m *= n
    let power = 1n
    for (let i = 0; i < exponent; i++) power = (power * 65_537n) % m
    return (2n ** BigInt(bits - 1) / m + 1n) * m + power
  }
  const jwkOf = (n: bigint, bits: number) => ({
    kty: 'RSA',
    e: 'AQAB',
    n: bytesOf(n, Math.ceil(bits / 8)).toString('base64url'),
  })

  it('CVE-2017-15361: a modulus with the mark of the ROCA generator is refused, at any length', () => {
    for (const bits of [2048, 2049, 3072, 4096]) {
      for (const exponent of [0, 1, 1234]) {
        const n = rocaModulus(bits, exponent)
        for (const algorithm of ['RS256', 'PS256'] as const) refused(jwkOf(n, bits), algorithm, /ROCA/)
        // one multiple of 2 more, and the residues are others
        assert.equal(importVerificationKey(jwkOf(n + 2n, bits), ['RS256']).algorithm.name, 'RS256')
      }
    }
  })

  it('RFC 7518 §3.3: sound moduli are not', () => {
    for (let i = 0; i < 3; i++) {
      const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
      importVerificationKey({ ...publicKey.export({ format: 'jwk' }) }, ['RS256'])
    }
  })
})

describe('Ed25519 keys of low order', () => {
  const p = 2n ** 255n - 19n
  const d = modulo(-121_665n * power(121_666n, p - 2n))
  const jwkOf = (y: bigint, sign: 0 | 1) => ({
    kty: 'OKP',
    crv: 'Ed25519',
    x: bytesOf(y + (sign === 1 ? 2n ** 255n : 0n), 32)
      .reverse()
      .toString('base64url'),
  })

  function modulo(n: bigint): bigint {
    return ((n % p) + p) % p
  }

  function power(base: bigint, exponent: bigint): bigint {
    let result = 1n
    for (let square = modulo(base), left = exponent; left > 0n; left >>= 1n) {
      if (left & 1n) result = (result * square) % p
      square = (square * square) % p
    }
    return result
  }

  it('RFC 8032 §5.1: the eight points are refused, with either sign and not reduced as well', () => {
    // doubled, a point of order 8 has y = 0, so that its y² = −x² and d·y⁴ + 2y² − 1 = 0
    const root = (n: bigint) => {
      const candidate = power(n, (p + 3n) / 8n)
      return [candidate, modulo(candidate * power(2n, (p - 1n) / 4n))].find((r) => modulo(r * r) === modulo(n))
    }
    const discriminant = root(1n + d) ?? 0n
    const ys = [1n, -1n]
      .map((sign) => root((-1n + sign * discriminant) * power(d, p - 2n)))
      .filter((y) => y !== undefined)
      .flatMap((y) => [y, p - y])
    assert.equal(ys.length, 2)
    for (const y of [0n, 1n, p - 1n, p, p + 1n, ...ys]) {
      refused(jwkOf(y, 0), 'EdDSA', /low order/)
      refused(jwkOf(y, 1), 'EdDSA', /low order/)
    }
  })

  it('RFC 8037 §2: other points are not', () => {
    for (let i = 0; i < 20; i++) {
      const { publicKey } = generateKeyPairSync('ed25519')
      importVerificationKey({ ...publicKey.export({ format: 'jwk' }) }, ['EdDSA'])
    }
  })
})
