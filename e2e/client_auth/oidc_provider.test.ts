import assert from 'node:assert/strict'
import { generateKeyPairSync, sign as signBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import {
  type ClientAuth,
  clientSecretBasic,
  clientSecretPost,
  createTokenManager,
  federated,
  privateKeyJwt,
  TokenError,
  type TokenErrorCode,
} from '@credence/client'
import { fileToken, tlsClientAuth } from '@credence/client/node'
import { SignJWT } from 'jose'
import { makeCertificate } from './certificates.ts'
import { startProvider } from './provider.ts'

const secret = 'p-%+/:~ secret that needs encoding'

const getToken = (issuer: string, clientId: string, auth: ClientAuth) =>
  createTokenManager({ issuer, clientId, auth, scope: 'orders:read' }).getToken()

const refused = (promise: Promise<unknown>, code: TokenErrorCode) =>
  assert.rejects(promise, (error) => error instanceof TokenError && error.code === code)

const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())

describe('oidc-provider: a secret', () => {
  it('RFC 6749 §2.3.1: client_secret_basic, strict, and client_secret_post', async () => {
    await using provider = await startProvider({
      clients: [
        { client_id: 'basic', client_secret: secret, token_endpoint_auth_method: 'client_secret_basic' },
        { client_id: 'post', client_secret: secret, token_endpoint_auth_method: 'client_secret_post' },
      ],
    })
    assert.equal((await getToken(provider.issuer, 'basic', clientSecretBasic(secret))).scope, 'orders:read')
    assert.equal((await getToken(provider.issuer, 'post', clientSecretPost(secret))).scope, 'orders:read')
    await refused(getToken(provider.issuer, 'post', clientSecretPost('wrong')), 'invalid_client')
  })

  it('RFC 6749 §2.3.1: raw encoding is refused by a server that decodes, and does for a secret that needs none', async () => {
    await using provider = await startProvider({
      clients: [
        { client_id: 'a', client_secret: secret, token_endpoint_auth_method: 'client_secret_basic' },
        { client_id: 'b', client_secret: 'plain_secret', token_endpoint_auth_method: 'client_secret_basic' },
      ],
    })
    await assert.rejects(getToken(provider.issuer, 'a', clientSecretBasic(secret, { encoding: 'raw' })))
    assert.ok(await getToken(provider.issuer, 'b', clientSecretBasic('plain_secret', { encoding: 'raw' })))
  })

  it('the source is ahead of the server: the previous secret gets the token, and is the one tried from then on', async () => {
    await using provider = await startProvider({
      clients: [{ client_id: 'a', client_secret: 'old_secret', token_endpoint_auth_method: 'client_secret_basic' }],
    })
    const told: string[] = []
    const tokens = createTokenManager({
      issuer: provider.issuer,
      clientId: 'a',
      clientSecret: () => ({ current: 'new_secret', previous: 'old_secret', credentialId: 'new' }),
      onSecretRejected: ({ credentialId }) => told.push(`rejected ${credentialId}`),
      onPreviousSecretUsed: ({ credentialId }) => told.push(`previous, not ${credentialId}`),
    })
    assert.ok(await tokens.getToken())
    assert.ok(await tokens.getToken({ forceRefresh: true }))
    assert.deepEqual(told, ['rejected new', 'previous, not new'])
    assert.equal(provider.asked.length, 3)
  })
})

describe('oidc-provider: private_key_jwt', () => {
  const kinds = [
    ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['PS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['EdDSA', generateKeyPairSync('ed25519')],
  ] as const

  for (const [alg, { privateKey, publicKey }] of kinds) {
    it(`RFC 7523 §2.2: ${alg}, the key as PEM, JWK, KeyObject, CryptoKey and in a KMS`, async () => {
      const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg, use: 'sig' }
      const client = { client_id: 'a', token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } }
      await using provider = await startProvider({ clients: [client] })
      const pem = String(privateKey.export({ format: 'pem', type: 'pkcs8' }))
      const webAlgorithm = {
        ES256: { name: 'ECDSA', namedCurve: 'P-256' },
        PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
        RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
        EdDSA: { name: 'Ed25519' },
      }[alg]
      const cryptoKey = privateKey.toCryptoKey(webAlgorithm, false, ['sign'])
      const padding = alg === 'PS256' ? { padding: 6, saltLength: 32 } : {}
      const sign = async (bytes: Uint8Array) =>
        signBytes(alg === 'EdDSA' ? null : 'sha256', bytes, { key: privateKey, ...padding })
      const methods = [
        privateKeyJwt({ key: pem, alg }),
        privateKeyJwt({ key: privateKey.export({ format: 'jwk' }), alg, kid: 'k1' }),
        privateKeyJwt({ key: privateKey, alg }),
        privateKeyJwt({ key: cryptoKey, alg }),
        // ES256 as DER, as a KMS gives it
        privateKeyJwt({ sign, alg, kid: 'k1' }),
      ]
      for (const auth of methods) assert.ok(await getToken(provider.issuer, 'a', auth))
    })
  }

  it('RFC 7523 §3: another key, and another audience, are refused', async () => {
    const [registered, other] = [1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }))
    assert.ok(registered && other)
    const jwks = { keys: [registered.publicKey.export({ format: 'jwk' })] }
    await using provider = await startProvider({
      clients: [{ client_id: 'a', token_endpoint_auth_method: 'private_key_jwt', jwks }],
    })
    const { issuer } = provider
    await refused(getToken(issuer, 'a', privateKeyJwt({ key: other.privateKey })), 'invalid_client')
    const elsewhere = privateKeyJwt({ key: registered.privateKey, audience: 'https://elsewhere.example.com' })
    await refused(getToken(issuer, 'a', elsewhere), 'invalid_client')
    assert.ok(await getToken(issuer, 'a', privateKeyJwt({ key: registered.privateKey, audience: `${issuer}/token` })))
  })

  it('federated: a token in a file is sent as the assertion, read again when it has been replaced', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwks = { keys: [publicKey.export({ format: 'jwk' })] }
    await using provider = await startProvider({
      clients: [{ client_id: 'a', token_endpoint_auth_method: 'private_key_jwt', jwks }],
    })
    const folder = await mkdtemp(join(tmpdir(), 'credence-client-'))
    try {
      // this server knows no platform; what the platform would sign is signed by the client's key here
      const project = async (jti: string) => {
        const token = new SignJWT({}).setProtectedHeader({ alg: 'ES256' }).setIssuer('a').setSubject('a').setJti(jti)
        const signed = await token.setAudience(provider.issuer).setExpirationTime('5m').sign(privateKey)
        await writeFile(join(folder, 'token'), `${signed}\n`)
      }
      await project('1')
      const auth = federated({ token: fileToken(join(folder, 'token')) })
      assert.ok(await getToken(provider.issuer, 'a', auth))
      await refused(getToken(provider.issuer, 'a', auth), 'invalid_client')
      await project('2')
      assert.ok(await getToken(provider.issuer, 'a', auth))
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('oidc-provider: the certificate of the connection', () => {
  it('RFC 8705 §2.2: self_signed_tls_client_auth over real TLS, from files that are replaced, with bound tokens', async () => {
    const [server, first, second, stranger] = await Promise.all(['server', 'a', 'a', 'a'].map(makeCertificate))
    assert.ok(server && first && second && stranger)
    await using provider = await startProvider({
      tls: server,
      clients: [
        {
          client_id: 'a',
          token_endpoint_auth_method: 'self_signed_tls_client_auth',
          tls_client_certificate_bound_access_tokens: true,
          jwks: { keys: [first.jwk, second.jwk] },
        },
      ],
    })
    const folder = await mkdtemp(join(tmpdir(), 'credence-client-'))
    const [cert, key] = [join(folder, 'tls.crt'), join(folder, 'tls.key')]
    try {
      await writeFile(cert, first.cert)
      await writeFile(key, first.key)
      const auth = tlsClientAuth({ cert: { file: cert }, key: { file: key }, ca: server.cert })
      const tokens = createTokenManager({ issuer: provider.issuer, clientId: 'a', auth })
      const boundTo = async () =>
        claimsOf((await tokens.getToken({ forceRefresh: true })).accessToken).cnf['x5t#S256'] as string
      const one = await boundTo()
      // between the two writes they are no pair: the one before goes on being used
      await writeFile(cert, second.cert)
      assert.equal(await boundTo(), one)
      await writeFile(key, second.key)
      assert.notEqual(await boundTo(), one)
    } finally {
      await rm(folder, { recursive: true })
    }
    const { issuer } = provider
    await refused(getToken(issuer, 'a', tlsClientAuth({ ...stranger, ca: server.cert })), 'invalid_client')
    // the server's own certificate is not trusted unless it is said so
    const untrusting = createTokenManager({
      issuer,
      clientId: 'a',
      auth: tlsClientAuth(first),
      retry: { maxAttempts: 1 },
    })
    await refused(untrusting.getToken(), 'network_error')
  })
})
