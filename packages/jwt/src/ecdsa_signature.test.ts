import assert from 'node:assert/strict'
import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { derToRaw, rawToDer } from './ecdsa_signature.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

describe('ECDSA signature forms', () => {
  it('RFC 7518 §3.4: node:crypto reads in one form what it wrote in the other', () => {
    for (let i = 0; i < 300; i++) {
      const data = Buffer.from(`message ${i}`)
      const raw = derToRaw(sign('sha256', data, privateKey))
      assert.equal(raw.length, 64)
      assert.ok(verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, raw))
      assert.ok(verify('sha256', data, publicKey, rawToDer(raw)))
    }
  })

  it('property: any r‖s comes back, short integers and those with the first bit set included', () => {
    const integer = fc
      .tuple(fc.nat(32), fc.uint8Array({ minLength: 32, maxLength: 32 }))
      .map(([zeros, bytes]) => Buffer.from(bytes.fill(0, 0, zeros)))
    fc.assert(
      fc.property(integer, integer, (r, s) => {
        const raw = Buffer.concat([r, s])
        assert.deepEqual(derToRaw(rawToDer(raw)), raw)
      }),
    )
  })

  it('DER integers are minimal and never negative', () => {
    const raw = Buffer.alloc(64)
    raw[31] = 1
    raw[32] = 0x80
    assert.equal(rawToDer(raw).toString('hex'), `3026020101022100${raw.subarray(32).toString('hex')}`)
    assert.equal(rawToDer(Buffer.alloc(64)).toString('hex'), '3006020100020100')
  })
})
