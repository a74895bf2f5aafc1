import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { type DpopErrorCode, DpopProofError } from './dpop_error.ts'
import { createDpopNonces } from './dpop_nonce.ts'
import { createDpopProofVerifier, maxDpopProofLength } from './dpop_proof.ts'
import { signatureAlgorithms } from './index.ts'
import { createDpopClient, tokenHash } from './testing/dpop_client.ts'
import { createTestClock, encode } from './testing/test_issuer.ts'

const clock = createTestClock()
const now = clock.epochSeconds()
const client = await createDpopClient()
const accessToken = 'a.b.c'
const request = { method: 'GET', targetUri: 'https://orders.example.com/orders' }
const atResource = { ...request, token: { accessToken, jkt: client.jkt } }
const claims = { htm: 'GET', htu: request.targetUri, iat: now, ath: tokenHash(accessToken) }
const verify = createDpopProofVerifier({ clock })

const prove = (wrongClaims: object = {}, wrongHeader: object = {}) =>
  client.prove({ ...claims, ...wrongClaims }, wrongHeader)

const refused = (proofs: string | readonly string[], code: DpopErrorCode, check = verify) => {
  // twice: a key that the first may have put into the cache must not open the door for the second
  for (const _ of [1, 2]) {
    assert.throws(
      () => check([proofs].flat(), atResource),
      (error) => {
        assert.ok(error instanceof DpopProofError, `not a DpopProofError: ${error}`)
        assert.equal(error.code, code, error.message)
        return true
      },
    )
  }
}

describe('createDpopProofVerifier', () => {
  for (const algorithm of signatureAlgorithms) {
    it(`RFC 9449 §4.3: a good proof is accepted, ${algorithm}, and so is the next by the same key`, async () => {
      const other = await createDpopClient(algorithm)
      const token = { accessToken, jkt: other.jkt }
      assert.equal(other.jkt, await calculateJwkThumbprint(other.jwk as JWK))
      const seen = new Set([1, 2, 3].map(() => verify([other.prove(claims)], { ...request, token }).claim.key))
      assert.equal(seen.size, 3)
      assert.equal(verify([other.prove(claims)], { ...request, token }).jkt, other.jkt)
    })
  }

  it('RFC 9449 §5: at a token endpoint there is no token to be bound to, and the thumbprint is learned', () => {
    assert.equal(verify([prove({ ath: undefined })], request).jkt, client.jkt)
  })

  it('RFC 9449 §4.3 (1): exactly one header; V11: two DPoP headers', () => {
    refused([], 'dpop_proof_missing')
    refused([prove(), prove()], 'dpop_proof_repeated')
    refused(`${prove()}, ${prove()}`, 'dpop_proof_repeated')
    refused(`${prove()},`, 'dpop_proof_repeated')
  })

  it('RFC 9449 §4.3 (2): a single and well-formed JWT, of bounded size', () => {
    const good = prove()
    const [header = '', payload = '', signature = ''] = good.split('.')
    for (const bad of [
      '',
      'a',
      'a.b',
      'a.b.c',
      `${good}.`,
      ` ${good}`,
      `${good}\n`,
      `${good}=`,
      `${header}.${payload}.`,
    ]) {
      refused(bad, bad === `${header}.${payload}.` ? 'dpop_proof_signature' : 'dpop_proof_malformed')
    }
    refused(`${header}.${payload}.${signature}`.padEnd(maxDpopProofLength + 1, 'A'), 'dpop_proof_malformed')
    refused(prove({ extra: 'x'.repeat(maxDpopProofLength) }), 'dpop_proof_malformed')
    const text = JSON.stringify({ jti: 'a', ...claims })
    for (const bad of [`[${text}]`, text.replace('{', '{"jti":"b",'), 'null', text.replace(String(now), '1e999')]) {
      refused(client.signText(JSON.stringify(client.header), bad), 'dpop_proof_malformed')
    }
    for (const crit of [[], ['b64'], 'exp']) refused(prove({}, { crit }), 'dpop_proof_malformed')
    refused(prove({}, { b64: false }), 'dpop_proof_malformed')
  })

  it('RFC 9449 §4.3 (3): every required claim, of the right type', () => {
    for (const jti of [undefined, '', 1, null, ['a']]) refused(prove({ jti }), 'dpop_proof_claims')
    for (const iat of [undefined, String(now), null]) refused(prove({ iat }), 'dpop_proof_claims')
    for (const htm of [undefined, 1, ['GET']]) refused(prove({ htm }), 'dpop_proof_claims')
    for (const htu of [undefined, 1, [request.targetUri]]) refused(prove({ htu }), 'dpop_proof_claims')
  })

  it('RFC 9449 §4.3 (4): typ is dpop+jwt', () => {
    for (const typ of [undefined, 'JWT', 'at+jwt', 'dpop', 'jwt+dpop', ''])
      refused(prove({}, { typ }), 'dpop_proof_type')
    refused(prove({}, { typ: 1 }), 'dpop_proof_malformed')
    for (const typ of ['DPoP+JWT', 'application/dpop+jwt']) verify([prove({}, { typ })], atResource)
  })

  it('RFC 9449 §4.3 (5): an asymmetric algorithm on the list; V1: none in any letter case', () => {
    for (const alg of [undefined, 'none', 'None', 'NONE', 'HS256', 'ES384', 'es256', 1]) {
      refused(prove({}, { alg }), 'dpop_proof_algorithm')
    }
    refused(prove(), 'dpop_proof_algorithm', createDpopProofVerifier({ clock, algorithms: ['EdDSA', 'PS256'] }))
    const symmetric = { alg: 'HS256', jwk: { kty: 'oct', k: 'AAAA' } }
    refused(prove({}, symmetric), 'dpop_proof_algorithm')
  })

  it('RFC 9449 §4.3 (6): signed by the key it carries', async () => {
    const [header, payload, signature = ''] = prove().split('.')
    refused(`${header}.${encode(JSON.stringify({ jti: 'x', ...claims }))}.${signature}`, 'dpop_proof_signature')
    refused(`${header}.${payload}.${encode(Buffer.alloc(64))}`, 'dpop_proof_signature')
    const thief = await createDpopClient()
    refused(thief.prove(claims, { jwk: client.jwk }), 'dpop_proof_signature')
  })

  it('RFC 9449 §4.3 (7): jwk is public, and a key for alg', async () => {
    refused(prove({}, { jwk: client.privateJwk }), 'dpop_proof_key')
    for (const jwk of [undefined, null, 'key', [], {}, { kty: 'oct', k: 'AAAA' }, { ...client.jwk, x: 1 }]) {
      refused(prove({}, { jwk }), 'dpop_proof_key')
    }
    for (const extra of [{ use: 'enc' }, { key_ops: ['sign'] }, { alg: 'RS256' }, { kid: 1 }]) {
      refused(prove({}, { jwk: { ...client.jwk, ...extra } }), 'dpop_proof_key')
    }
    const rsa = await createDpopClient('RS256')
    const mixed = client.prove(claims, { jwk: rsa.jwk })
    assert.throws(() => verify([mixed], request), { code: 'dpop_proof_key' })
    // jku and x5u lead nowhere, and kid names nothing
    verify(
      [prove({}, { jku: 'https://attacker.example.com', x5u: 'https://attacker.example.com', kid: 'x' })],
      atResource,
    )
  })

  it('RFC 9449 §4.3 (8): htm is the method, letter for letter', () => {
    for (const htm of ['POST', 'get', 'GET ', '']) refused(prove({ htm }), 'dpop_proof_method')
  })

  it('RFC 9449 §4.3 (9): htu is the URI, normalised, without query and fragment', () => {
    for (const htu of [
      'https://orders.example.com/',
      'https://orders.example.com/orders/',
      'https://orders.example.com/Orders',
      'https://orders.example.com:8443/orders',
      'http://orders.example.com/orders',
      'https://other.example.com/orders',
      'https://orders.example.com.attacker.example/orders',
      'https://user@orders.example.com/orders',
      '/orders',
      '//orders.example.com/orders',
      'https:orders.example.com/orders',
      'https:\\\\orders.example.com\\orders',
      ' https://orders.example.com/orders',
      '',
    ]) {
      refused(prove({ htu }), 'dpop_proof_uri')
    }
    for (const htu of [
      'HTTPS://ORDERS.example.com:443/orders',
      'https://orders.example.com/%6Frders',
      'https://orders.example.com/x/../orders',
      'https://orders.example.com/orders?page=2#top',
    ]) {
      verify([prove({ htu })], atResource)
    }
    verify([prove()], { ...atResource, targetUri: `${request.targetUri}?page=2` })
  })

  it('RFC 9449 §4.3 (10): where there are nonces, one that is fresh', () => {
    const moving = createTestClock()
    const nonces = createDpopNonces({ clock: moving, rotateAfterSeconds: 30 })
    const check = createDpopProofVerifier({ clock: moving, nonces })
    refused(prove(), 'dpop_nonce_required', check)
    for (const nonce of ['', 'x', `${nonces.current()}x`]) refused(prove({ nonce }), 'dpop_nonce_required', check)
    refused(prove({ nonce: 1 }), 'dpop_proof_claims', check)
    const nonce = nonces.current()
    check([prove({ nonce })], atResource)
    moving.advance(30)
    check([prove({ nonce })], atResource)
    moving.advance(30)
    refused(prove({ nonce }), 'dpop_nonce_required', check)
    check([prove({ nonce: nonces.current() })], atResource)
  })

  it('RFC 9449 §4.3 (11), V11: iat within the window', () => {
    for (const iat of [now - 60, now - 0.5, now, now + 8, now + 10]) verify([prove({ iat })], atResource)
    for (const iat of [now - 61, now + 11, now + 61, 0, -1, now * 1000]) refused(prove({ iat }), 'dpop_proof_time')
    const brief = createDpopProofVerifier({ clock, maxAgeSeconds: 10, clockToleranceSeconds: 0 })
    brief([prove({ iat: now - 10 })], atResource)
    for (const iat of [now - 11, now + 1]) refused(prove({ iat }), 'dpop_proof_time', brief)
  })

  it('RFC 7519 §4.1: exp and nbf are not asked for, and count where they are', () => {
    verify([prove({ exp: now + 60, nbf: now })], atResource)
    for (const times of [{ exp: now - 30 }, { nbf: now + 30 }]) refused(prove(times), 'dpop_proof_time')
    for (const times of [{ exp: '1' }, { nbf: null }]) refused(prove(times), 'dpop_proof_claims')
  })

  it('RFC 9449 §4.3 (12), V11: ath is that of the token, and the key the one it is bound to', async () => {
    for (const ath of [undefined, null, '', tokenHash('a.b.d'), Buffer.from(tokenHash(accessToken)).toString('hex')]) {
      refused(prove({ ath }), 'dpop_proof_token')
    }
    const thief = await createDpopClient()
    refused(thief.prove(claims), 'wrong_dpop_key')
    verify([thief.prove(claims)], request)
    // known by now, and still another's
    refused(thief.prove(claims), 'wrong_dpop_key')
  })

  it('V14: the second form of an ECDSA signature is the same proof to the replay store', () => {
    const proof = prove()
    const cut = proof.lastIndexOf('.') + 1
    const signature = Buffer.from(proof.slice(cut), 'base64url')
    const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
    const s = order - BigInt(`0x${signature.toString('hex', 32)}`)
    signature.write(s.toString(16).padStart(64, '0'), 32, 'hex')
    const second = proof.slice(0, cut) + signature.toString('base64url')
    assert.notEqual(second, proof)
    assert.deepEqual(verify([second], atResource), verify([proof], atResource))
  })

  it('RFC 9449 §11.1: what is claimed lives as long as the proof would be accepted', () => {
    const moving = createTestClock()
    const check = createDpopProofVerifier({ clock: moving, maxAgeSeconds: 60 })
    const proof = prove({ iat: now + 9.5 })
    const { expiresAtEpochSeconds } = check([proof], atResource).claim
    moving.advance(69)
    check([proof], atResource)
    assert.ok(moving.epochSeconds() < expiresAtEpochSeconds)
    moving.advance(1)
    refused(proof, 'dpop_proof_time', check)
    assert.equal(expiresAtEpochSeconds, now + 71)
  })

  it('refuses options that would check nothing', () => {
    for (const options of [{ maxAgeSeconds: 601 }, { maxAgeSeconds: 0 }, { clockToleranceSeconds: 61 }]) {
      assert.throws(() => createDpopProofVerifier({ clock, ...options }), RangeError)
    }
    assert.throws(() => createDpopProofVerifier({ clock, algorithms: [] }), TypeError)
    assert.throws(() => createDpopProofVerifier({ clock, algorithms: ['none' as 'ES256'] }), TypeError)
  })
})
