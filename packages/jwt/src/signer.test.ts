import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { calculateJwkThumbprint, compactVerify, importJWK } from 'jose'
import {
  attachSignature,
  compactSigningInput,
  createSigner,
  encodeHeader,
  generateSigningKeyPair,
  jwkThumbprint,
  keyThumbprint,
  publicJwk,
  type Signer,
  signatureAlgorithms,
  signCompact,
} from './index.ts'
import { isRefusal } from './testing/test_issuer.ts'

describe('signing', () => {
  for (const algorithm of signatureAlgorithms) {
    it(`RFC 7515 §5.1: jose verifies what we sign with ${algorithm}`, async () => {
      const { privateKey, publicKey } = await generateSigningKeyPair(algorithm)
      const kid = keyThumbprint(publicKey)
      const jwk = publicJwk(publicKey, { algorithm, kid })
      assert.equal(await calculateJwkThumbprint(jwk), kid)
      const signer = createSigner({ privateKey, algorithm, kid })
      const header = { alg: algorithm, typ: 'at+jwt', kid }
      const token = await signCompact(signer, encodeHeader(header), { sub: 'ü' })
      const { payload, protectedHeader } = await compactVerify(token, await importJWK({ ...jwk }, algorithm))
      assert.deepEqual(protectedHeader, header)
      assert.deepEqual(JSON.parse(Buffer.from(payload).toString()), { sub: 'ü' })
      assert.deepEqual(
        Object.keys(jwk).filter((member) => ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].includes(member)),
        [],
      )
    })
  }

  it('a remote signer that answers later signs the same input', async () => {
    const seen: string[] = []
    const remote: Signer = {
      kid: 'k',
      algorithm: 'ES256',
      sign: async (input) => Buffer.from(seen.push(input).toString()),
    }
    const token = await signCompact(remote, 'aGVhZA', { a: 1 })
    assert.deepEqual(seen, [compactSigningInput('aGVhZA', { a: 1 })])
    assert.equal(token, attachSignature('aGVhZA.eyJhIjoxfQ', Buffer.from('1')))
  })

  it('V3: a key of another type, curve or size is refused', async () => {
    const ec = await generateSigningKeyPair('ES256')
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    for (const [privateKey, algorithm] of [
      [ec.privateKey, 'RS256'],
      [ec.privateKey, 'EdDSA'],
      [ec.publicKey, 'ES256'],
      [small.privateKey, 'RS256'],
      [small.privateKey, 'PS256'],
      [p384.privateKey, 'ES256'],
    ] as const) {
      assert.throws(() => createSigner({ privateKey, algorithm, kid: 'k' }), isRefusal('unsuitable_key'))
    }
    assert.throws(() => publicJwk(small.publicKey, { algorithm: 'RS256', kid: 'k' }), isRefusal('unsuitable_key'))
  })

  it('RFC 7638 §3.1: the example thumbprint', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw'
    const jwk = { kty: 'RSA', n, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' }
    assert.equal(jwkThumbprint(jwk), 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
  })
})
