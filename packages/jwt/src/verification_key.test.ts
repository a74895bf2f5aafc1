import assert from 'node:assert/strict'
import { constants, generateKeyPairSync, sign } from 'node:crypto'
import { describe, it } from 'node:test'
import type { SignatureAlgorithm } from './algorithms.ts'
import { derToRaw } from './ecdsa_signature.ts'
import { importVerificationKey } from './verification_key.ts'

const input = 'header.payload'
const data = Buffer.from(input)

const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed25519 = generateKeyPairSync('ed25519')
const keyOf = ({ publicKey }: typeof p256, algorithm: SignatureAlgorithm) =>
  importVerificationKey({ ...publicKey.export({ format: 'jwk' }), alg: algorithm }, [algorithm])

const bytesOf = (n: bigint, length = 32) => Buffer.from(n.toString(16).padStart(2 * length, '0'), 'hex')
const numberOf = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex')}`)

describe('VerificationKey.verify: ES256', () => {
  const key = keyOf(p256, 'ES256')
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const signature = derToRaw(sign('sha256', data, p256.privateKey))
  const r = numberOf(signature.subarray(0, 32))
  const s = numberOf(signature.subarray(32))
  const join = (first: bigint, second: bigint) => Buffer.concat([bytesOf(first), bytesOf(second)])

  it('V14: both forms of a signature, s and n − s, are accepted', () => {
    assert.ok(key.verify(input, join(r, s)))
    assert.ok(key.verify(input, join(r, order - s)))
  })

  it('RFC 7518 §3.4: r or s that is zero or not below n is no signature', () => {
    const beyond = [0n, order, order + 1n, 2n ** 256n - 1n]
    for (const wrong of beyond) {
      assert.equal(key.verify(input, join(wrong, s)), false)
      assert.equal(key.verify(input, join(r, wrong)), false)
      assert.equal(key.verify(input, join(wrong, wrong)), false)
    }
  })

  it('RFC 7518 §3.4: r‖s has 64 bytes, and DER is none', () => {
    const zero = Buffer.alloc(1)
    for (const wrong of [
      signature.subarray(0, 63),
      signature.subarray(1),
      Buffer.concat([signature, zero]),
      Buffer.concat([zero, signature]),
      Buffer.concat([zero, signature.subarray(0, 32), zero, signature.subarray(32)]),
      Buffer.alloc(0),
      sign('sha256', data, p256.privateKey),
    ]) {
      assert.equal(key.verify(input, wrong), false, wrong.toString('hex'))
    }
  })
})

describe('VerificationKey.verify: RS256 and PS256', () => {
  const pss = (saltLength: number) =>
    sign('sha256', data, { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
  const signed = [
    { key: keyOf(rsa, 'RS256'), signature: sign('sha256', data, rsa.privateKey) },
    { key: keyOf(rsa, 'PS256'), signature: pss(32) },
  ]

  it('RFC 8017 §8.1.2, §8.2.2: a signature is as long as the modulus, and below it', () => {
    const { n = '' } = rsa.publicKey.export({ format: 'jwk' })
    const modulus = numberOf(Buffer.from(n, 'base64url'))
    const zero = Buffer.alloc(1)
    for (const { key, signature } of signed) {
      assert.ok(key.verify(input, signature))
      for (const wrong of [
        Buffer.concat([zero, signature]),
        Buffer.concat([signature, zero]),
        signature.subarray(1),
        signature.subarray(0, -1),
        Buffer.alloc(0),
        Buffer.alloc(256),
        Buffer.alloc(256, 0xff),
        bytesOf(modulus, 256),
        bytesOf(modulus - 1n, 256),
        bytesOf(numberOf(signature) + modulus, 257),
      ]) {
        assert.equal(key.verify(input, wrong), false, wrong.toString('hex'))
      }
    }
  })

  it('RFC 7518 §3.5: the salt of PS256 has 32 bytes', () => {
    const key = keyOf(rsa, 'PS256')
    for (const saltLength of [0, 20, 31, 33, 64, 222]) assert.equal(key.verify(input, pss(saltLength)), false)
  })

  it('RFC 8725 §3.1: neither passes for the other', () => {
    const [pkcs1, probabilistic] = signed
    assert.ok(pkcs1 !== undefined && probabilistic !== undefined)
    assert.equal(pkcs1.key.verify(input, probabilistic.signature), false)
    assert.equal(probabilistic.key.verify(input, pkcs1.signature), false)
  })
})

describe('VerificationKey.verify: EdDSA', () => {
  it('RFC 8032 §5.1.7: S below L, R not of low order, 64 bytes', () => {
    const key = keyOf(ed25519, 'EdDSA')
    const signature = sign(null, data, ed25519.privateKey)
    const order = 2n ** 252n + 27742317777372353535851937790883648493n
    const s = numberOf(Buffer.from(signature.subarray(32)).reverse())
    const identity = bytesOf(1n).reverse()
    assert.ok(key.verify(input, signature))
    for (const wrong of [
      Buffer.concat([signature.subarray(0, 32), bytesOf(s + order).reverse()]),
      Buffer.concat([identity, Buffer.alloc(32)]),
      Buffer.concat([identity, signature.subarray(32)]),
      Buffer.concat([signature, Buffer.alloc(1)]),
      signature.subarray(0, 63),
      Buffer.alloc(0),
      Buffer.alloc(64),
    ]) {
      assert.equal(key.verify(input, wrong), false, wrong.toString('hex'))
    }
  })
})
