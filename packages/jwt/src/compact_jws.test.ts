import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeCompactJws, maxTokenLength } from './compact_jws.ts'
import type { JwtErrorCode } from './jwt_error.ts'
import { createTestIssuer, encode, isRefusal } from './testing/test_issuer.ts'

const issuer = await createTestIssuer()
const refused = (token: string, code: JwtErrorCode) => assert.throws(() => decodeCompactJws(token), isRefusal(code))
const refusedHeader = (header: object, code: JwtErrorCode) => refused(issuer.sign({}, header), code)

describe('decodeCompactJws', () => {
  it('takes a token apart', () => {
    const token = issuer.sign({ n: 1 }, { typ: 'application/AT+JWT', x5t: 'ignored' })
    const { header, claims, signingInput, signature } = decodeCompactJws(token)
    assert.deepEqual(
      { ...header, algorithm: header.algorithm.name },
      { algorithm: 'ES256', kid: 'key-1', typ: 'at+jwt' },
    )
    assert.deepEqual(claims, { ...issuer.claims, n: 1 })
    assert.equal(`${signingInput}.${signature.toString('base64url')}`, token)
  })

  it('V1: none in any letter case, HS256, and whatever is no algorithm of ours are refused', () => {
    for (const alg of [
      'none',
      'None',
      'NONE',
      'nOnE',
      '',
      'HS256',
      'es256',
      'ES384',
      'toString',
      'ES256 ',
      1,
      null,
      ['ES256'],
    ]) {
      refusedHeader({ alg }, 'unsupported_algorithm')
    }
    refusedHeader({ alg: undefined }, 'unsupported_algorithm')
    refused(`${encode('{"alg":"none"}')}.${encode('{}')}.`, 'unsupported_algorithm')
  })

  it('V3: a kid or typ that is not a string is refused', () => {
    for (const wrong of [1, null, {}, ['key-1'], true]) {
      refusedHeader({ kid: wrong }, 'malformed_token')
      refusedHeader({ typ: wrong }, 'malformed_token')
    }
    assert.equal(decodeCompactJws(issuer.sign({}, { kid: '__proto__' })).header.kid, '__proto__')
  })

  it('V4: crit is refused, whatever it says', () => {
    for (const crit of [['exp'], ['b64'], ['alg'], [], 'exp', {}, null, 1, [1]]) {
      refusedHeader({ crit }, 'unsupported_header')
    }
  })

  it('V4: b64 is refused, with crit or without', () => {
    for (const b64 of [false, true, 'false', null]) refusedHeader({ b64 }, 'unsupported_header')
    refusedHeader({ b64: false, crit: ['b64'] }, 'unsupported_header')
  })

  it('V6: duplicate members in the header are refused', () => {
    refused(issuer.signText('{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"key-1"}', '{}'), 'malformed_token')
    refused(issuer.signText('{"alg":"ES256","kid":"other","k\\u0069d":"key-1"}', '{}'), 'malformed_token')
  })

  it('V7: white space, padding and other alphabets in any part are refused', () => {
    const [header = '', payload = '', signature = ''] = issuer.sign().split('.')
    for (const spoil of [(part: string) => `${part}=`, (part: string) => ` ${part}`, (part: string) => `${part}\n`]) {
      refused(`${spoil(header)}.${payload}.${signature}`, 'malformed_token')
      refused(`${header}.${spoil(payload)}.${signature}`, 'malformed_token')
      refused(`${header}.${payload}.${spoil(signature)}`, 'malformed_token')
    }
  })

  it('V8: a token above 16 KB is refused before it is decoded', () => {
    refused('x'.repeat(maxTokenLength + 1), 'token_too_large')
    refused(issuer.sign({ padding: 'x'.repeat(maxTokenLength) }), 'token_too_large')
    decodeCompactJws(issuer.sign({ padding: 'x'.repeat(8000) }))
  })

  it('V8: a million dots are refused for their number alone', () => {
    refused('.'.repeat(1_000_000), 'token_too_large')
    refused('.'.repeat(maxTokenLength), 'malformed_token')
  })

  it('V12: an encrypted token and any JSON serialisation are refused', () => {
    const [header = '', payload = '', signature = ''] = issuer.sign().split('.')
    const jwe = encode('{"alg":"RSA-OAEP","enc":"A256GCM"}')
    refused(`${jwe}.a.b.c.d`, 'malformed_token')
    refused(`${jwe}..b.c.d`, 'malformed_token')
    refused(`${jwe}.${payload}.${signature}`, 'unsupported_algorithm')
    refused(JSON.stringify({ protected: header, payload, signature }), 'malformed_token')
    refused(JSON.stringify({ payload, signatures: [{ protected: header, signature }] }), 'malformed_token')
  })

  it('RFC 7515 §7.1: anything but three parts with JSON objects in two of them is refused', () => {
    const [header = '', payload = '', signature = ''] = issuer.sign().split('.')
    for (const token of [
      '',
      '.',
      '..',
      '...',
      header,
      `${header}.${payload}`,
      `${header}..${signature}`,
      `.${payload}.`,
    ]) {
      refused(token, 'malformed_token')
    }
    refused(`${header}.${payload}.${signature}.`, 'malformed_token')
    refused(issuer.signText('{"alg":"ES256"}', '[]'), 'malformed_token')
    refused(issuer.signText('"ES256"', '{}'), 'malformed_token')
  })

  it('headers that are remembered are bounded in number and still read right', () => {
    for (let i = 0; i < 1000; i++) {
      assert.equal(decodeCompactJws(issuer.sign({}, { kid: `key-${i}` })).header.kid, `key-${i}`)
    }
    assert.equal(decodeCompactJws(issuer.sign()).header.kid, 'key-1')
  })
})
