import assert from 'node:assert/strict'
import { generateKeyPairSync, sign as signBytes, verify } from 'node:crypto'
import { describe, it } from 'node:test'
import { decodeJwt } from '../testing/decode_jwt.ts'
import { rejectsWith } from '../testing/expect.ts'
import { startAuthorizationServer, startServer } from '../testing/fake_server.ts'
import { createFakeTime, timeoutMs } from '../testing/fake_time.ts'
import { unavailable } from '../testing/unavailable.ts'
import { TokenError } from '../token_error.ts'
import { createTokenManager } from '../token_manager.ts'
import { type PrivateKeyJwtOptions, privateKeyJwt } from './private_key_jwt.ts'

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed = generateKeyPairSync('ed25519')
const pkcs8 = { format: 'pem', type: 'pkcs8' } as const

/** The assertions that a manager sends, the server answering as told. */
const assertionsSent = async (options: PrivateKeyJwtOptions, answers: readonly number[] = []) => {
  await using server = await startAuthorizationServer((_received, count) => {
    const status = answers[count - 1]
    return status === undefined ? {} : { status, body: 'busy' }
  })
  const { sleep } = createFakeTime()
  const tokens = createTokenManager({
    issuer: server.url,
    clientId: 'job',
    auth: privateKeyJwt(options),
    sleep,
    timeoutMs,
  })
  await tokens.getToken()
  return { issuer: server.url, forms: server.tokenRequests().map(({ form }) => form) }
}

describe('private_key_jwt', () => {
  it('RFC 7523 §3: iss and sub the client, aud the issuer as one string, exp within a minute, a jti, no nbf, its own typ', async () => {
    const { issuer, forms } = await assertionsSent({ key: ec.privateKey, kid: 'k1' })
    const [form] = forms
    const { header, payload } = decodeJwt(form?.get('client_assertion'))
    assert.deepEqual(header, { typ: 'client-authentication+jwt', alg: 'ES256', kid: 'k1' })
    const { iat, exp, jti, ...rest } = payload
    assert.deepEqual(rest, { iss: 'job', sub: 'job', aud: issuer })
    assert.ok(Math.abs(Number(iat) - Date.now() / 1000) < 30)
    assert.equal(Number(exp) - Number(iat), 60)
    assert.match(String(jti), /^[\w-]{22}$/)
    assert.equal(form?.get('client_id'), 'job')
    assert.equal(form?.get('client_assertion_type'), 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
  })

  it('trap: a fresh jti each try', async () => {
    const { forms } = await assertionsSent({ key: ec.privateKey }, [503, 503])
    const ids = forms.map((form) => decodeJwt(form.get('client_assertion')).payload.jti)
    assert.equal(ids.length, 3)
    assert.equal(new Set(ids).size, 3)
  })

  it('C1: metadata of another issuer gets no assertion; the audience is the configured issuer, its token endpoint elsewhere or not', async () => {
    let claimed = ''
    await using server = await startServer(({ path }) =>
      path === '/token'
        ? { body: { access_token: 'a', token_type: 'Bearer' } }
        : { body: { issuer: claimed, token_endpoint: `${server.url}/token` } },
    )
    const signed: string[] = []
    const sign = async (bytes: Uint8Array) => {
      signed.push(Buffer.from(bytes).toString())
      return signBytes('sha256', bytes, ec.privateKey)
    }
    const auth = privateKeyJwt({ sign, alg: 'ES256' })
    claimed = 'https://as.example.com'
    await rejectsWith(createTokenManager({ issuer: server.url, clientId: 'a', auth }).getToken(), 'issuer_mismatch')
    assert.deepEqual(signed, [])
    const tokenEndpoint = `${server.url}/token`
    await createTokenManager({ issuer: 'https://as.example.com', tokenEndpoint, clientId: 'a', auth }).getToken()
    assert.equal(decodeJwt(signed[0]).payload.aud, 'https://as.example.com')
    assert.equal(signed.length, 1)
  })

  it('RFC 7518 §3.4: an ES256 signature that a KMS gives as DER is sent as r and s, each of 32 bytes', async () => {
    const sign = (bytes: Uint8Array) => signBytes('sha256', bytes, ec.privateKey)
    // r or s with a leading zero comes about once in 128
    for (let made = 0; made < 300; made++) {
      const body = new URLSearchParams()
      const server = { issuer: 'https://as.example.com' }
      await privateKeyJwt({ sign, alg: 'ES256' })(server, { client_id: 'a' }, body, new Headers())
      const [header, payload, signature = ''] = (body.get('client_assertion') ?? '').split('.')
      const key = { key: ec.publicKey, dsaEncoding: 'ieee-p1363' } as const
      assert.ok(verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')))
    }
  })

  it('C2: a KMS that throws, or gives no signature, is named and nothing more', async () => {
    const ask = async (sign: () => Uint8Array) => {
      await using server = await startAuthorizationServer()
      const auth = privateKeyJwt({ sign, alg: 'ES256' })
      return await createTokenManager({ issuer: server.url, clientId: 'a', auth }).getToken()
    }
    await unavailable(
      ask(() => {
        throw new RangeError('canary')
      }),
      /could not be had or used: RangeError$/,
    )
    await unavailable(
      ask(() => new Uint8Array(70)),
      /70 bytes, which is no ES256 signature/,
    )
    await unavailable(
      ask(() => new Uint8Array([0x30, 6, 2, 1, 1, 2, 9, 1])),
      /no ES256 signature/,
    )
  })

  const wrong: readonly (readonly [name: string, options: PrivateKeyJwtOptions, expected: RegExp])[] = [
    ['an RSA key without alg', { key: rsa.privateKey }, /say which by alg/],
    ['an EC key for RS256', { key: ec.privateKey, alg: 'RS256' }, /alg RS256 does not fit the key.*ES256/],
    ['an RSA key for ES256', { key: String(rsa.privateKey.export(pkcs8)), alg: 'ES256' }, /does not fit the key/],
    ['an Ed25519 key for PS256', { key: ed.privateKey, alg: 'PS256' }, /signs with EdDSA/],
    [
      'a JWK that says RS256 for PS256',
      { key: { ...rsa.privateKey.export({ format: 'jwk' }), alg: 'RS256' }, alg: 'PS256' },
      /signs with RS256/,
    ],
    ['a public JWK', { key: ec.publicKey.export({ format: 'jwk' }) }, /public key/],
    ['a public KeyObject', { key: ec.publicKey }, /public KeyObject/],
    [
      'a public PEM',
      { key: String(ec.publicKey.export({ format: 'pem', type: 'spki' })) },
      /"PUBLIC KEY": give the private/,
    ],
    [
      'a PKCS #1 PEM',
      { key: String(rsa.privateKey.export({ format: 'pem', type: 'pkcs1' })), alg: 'PS256' },
      /openssl pkcs8/,
    ],
    ['no PEM', { key: 'canary' }, /not PEM/],
    [
      'a PEM of nothing',
      { key: '-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----' },
      /another kind|base64/,
    ],
    [
      'another curve',
      { key: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey },
      /crv P-384 is not supported/,
    ],
    ['a CryptoKey that may not sign', { key: ed.publicKey.toCryptoKey('Ed25519', true, ['verify']) }, /usage "sign"/],
    ['a lifetime of an hour', { key: ec.privateKey, lifetimeSeconds: 3_600 }, /lifetimeSeconds/],
  ]
  for (const [name, options, expected] of wrong) {
    it(`invalid_configuration: ${name}`, () => {
      assert.throws(
        () => privateKeyJwt(options),
        (error) =>
          error instanceof TokenError &&
          error.code === 'invalid_configuration' &&
          expected.test(error.message) &&
          !error.message.includes('canary'),
      )
    })
  }

  it('invalid_configuration: an RSA key below 2048 bits, and a damaged key, when they are first used', async () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
    const damaged = { ...ec.privateKey.export({ format: 'jwk' }), x: 'AAAA' }
    for (const auth of [privateKeyJwt({ key: short, alg: 'PS256' }), privateKeyJwt({ key: damaged })]) {
      await using server = await startAuthorizationServer()
      await rejectsWith(
        createTokenManager({ issuer: server.url, clientId: 'a', auth }).getToken(),
        'invalid_configuration',
      )
      assert.equal(server.tokenRequests().length, 0)
    }
  })
})
