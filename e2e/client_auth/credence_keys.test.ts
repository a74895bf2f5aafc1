import assert from 'node:assert/strict'
import { generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  type AssertionKey,
  type ClientAuth,
  createTokenManager,
  federated,
  gitHubActionsToken,
  privateKeyJwt,
  TokenError,
} from '@credence/client'
import { fileToken } from '@credence/client/node'
import { createPlatform } from '../federated/platform.ts'
import { startCredence } from '../support/credence.ts'
import { makeFolder } from '../support/credence_process.ts'

const audience = 'https://orders.example.com'
const spiffeId = 'spiffe://example.org/ns/batch/sa/reporter'

const credence = await startCredence({ args: ['--dpop-nonce', 'required'] })
after(credence.dispose)
const { issuer } = credence
await credence.createApi({ audience, scopes: ['orders:read'] })
const folder = await makeFolder()
after(folder.dispose)

const register = async (client_id: string, members: object) => {
  const grants = [{ audience, scopes: ['orders:read'] }]
  const answer = await credence.manage('POST', '/clients', { client_id, grants, ...members })
  assert.equal(answer.status, 201, answer.body)
}

const managerOf = (clientId: string, auth: ClientAuth) => createTokenManager({ issuer, clientId, auth })

const isInvalidClient = (error: unknown) => error instanceof TokenError && error.code === 'invalid_client'

const kinds = {
  ES256: {
    make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    hash: 'sha256',
    by: { name: 'ECDSA', namedCurve: 'P-256' },
  },
  EdDSA: { make: () => generateKeyPairSync('ed25519'), hash: null, by: { name: 'Ed25519' } },
  PS256: {
    make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    hash: 'sha256',
    by: { name: 'RSA-PSS', hash: 'SHA-256' },
  },
  RS256: {
    make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    hash: 'sha256',
    by: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  },
} as const

/** One private key in every form that it can be given in. */
const formsOf = async (alg: keyof typeof kinds, kid: string, privateKey: KeyObject) => {
  const { hash, by } = kinds[alg]
  const der = privateKey.export({ type: 'pkcs8', format: 'der' })
  const cryptoKey = await crypto.subtle.importKey('pkcs8', der, by, true, ['sign'])
  const padding = alg === 'PS256' && { padding: 6, saltLength: 32 }
  const atKms = (format: object): AssertionKey => ({
    alg,
    kid,
    sign: (bytes) => sign(hash, bytes, { key: privateKey, ...padding, ...format }),
  })
  return {
    PEM: { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), alg, kid },
    JWK: { key: { ...privateKey.export({ format: 'jwk' }), kid }, alg },
    // which calls an Ed25519 key's algorithm by the name of RFC 9864
    'JWK of WebCrypto': { key: { ...(await crypto.subtle.exportKey('jwk', cryptoKey)) }, kid },
    KeyObject: { key: privateKey, alg, kid },
    CryptoKey: { key: cryptoKey, kid },
    'a KMS': atKms({ dsaEncoding: 'ieee-p1363' }),
    ...(alg === 'ES256' && { 'a KMS that gives DER': atKms({ dsaEncoding: 'der' }) }),
  } satisfies Readonly<Record<string, AssertionKey>>
}

for (const alg of ['ES256', 'EdDSA', 'PS256', 'RS256'] as const) {
  test(`RFC 7523 §2.2: Credence takes ${alg} from a key in any form`, async () => {
    const clientId = `keyed-${alg}`
    const { privateKey, publicKey } = kinds[alg].make()
    const jwk: JsonWebKey = { ...publicKey.export({ format: 'jwk' }), kid: clientId, alg }
    await register(clientId, { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } })
    for (const [form, key] of Object.entries(await formsOf(alg, clientId, privateKey))) {
      const tokens = managerOf(clientId, privateKeyJwt(key))
      assert.equal((await tokens.getToken()).scope, 'orders:read', form)
      assert.equal((await tokens.getToken({ forceRefresh: true })).scope, 'orders:read', `${form}, once more`)
    }
    const other = privateKeyJwt({ key: kinds[alg].make().privateKey, alg, kid: clientId })
    await assert.rejects(managerOf(clientId, other).getToken(), isInvalidClient)
  })
}

test('RFC 9449 §8, RFC 7523 §3: a nonce that is asked for is answered with a new assertion, for each is taken once', async () => {
  const { privateKey, publicKey } = kinds.ES256.make()
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'bound', alg: 'ES256' }
  await register('bound', {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [jwk] },
    dpop_bound_access_tokens: true,
  })
  const tokens = createTokenManager({
    issuer,
    clientId: 'bound',
    auth: privateKeyJwt({ key: privateKey, kid: 'bound' }),
    dpop: {},
  })
  assert.equal((await tokens.getToken()).tokenType, 'DPoP')
  assert.deepEqual(tokens.status().requests.byResult, { 200: 2, 400: 1 })
  await tokens.getToken({ forceRefresh: true })
  assert.deepEqual(tokens.status().requests.byResult, { 200: 3, 400: 1 })
})

test('a GitHub Actions job: asks for a token of its own each time, since Credence takes each once', async () => {
  const platform = await createPlatform()
  const subject = 'repo:acme@65/app@74:environment:prod'
  await register('deploy', {})
  const trusted = await credence.manage('POST', '/clients/deploy/credentials', {
    federated_credentials: [{ platform: 'github', subject, jwks: platform.jwks }],
  })
  assert.equal(trusted.status, 201, trusted.body)
  const asked: (string | undefined)[] = []
  const actions = createServer(({ url = '', headers }, response) => {
    const aud = new URL(url, 'http://actions').searchParams.get('audience')
    asked.push(headers.authorization)
    const iss = 'https://token.actions.githubusercontent.com'
    response.end(JSON.stringify({ value: platform.sign({ iss, sub: subject, aud, jti: `job-${asked.length}` }) }))
  })
  await new Promise<void>((listening) => actions.listen(0, '127.0.0.1', listening))
  after(() => actions.close())
  process.env.ACTIONS_ID_TOKEN_REQUEST_URL = `http://127.0.0.1:${(actions.address() as AddressInfo).port}/token?v=2`
  process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN = 'job-token'
  after(() => {
    delete process.env.ACTIONS_ID_TOKEN_REQUEST_URL
    delete process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN
  })

  const tokens = managerOf('deploy', federated({ token: gitHubActionsToken({ audience: issuer }) }))
  assert.equal((await tokens.getToken()).scope, 'orders:read')
  assert.equal((await tokens.getToken({ forceRefresh: true })).scope, 'orders:read')
  assert.deepEqual(asked, ['Bearer job-token', 'Bearer job-token'])
  const forAnother = federated({ token: gitHubActionsToken({ audience: 'https://other.example.com' }) })
  await assert.rejects(managerOf('deploy', forAnother).getToken(), isInvalidClient)
})

test('draft-ietf-oauth-spiffe-client-auth: a JWT-SVID in a file, read again when the agent has replaced it', async () => {
  const agent = await createPlatform('svid-1')
  const next = await createPlatform('svid-2')
  const keys = [agent, next].flatMap(({ jwks }) => jwks.keys.map((key) => ({ ...key, use: 'jwt-svid' })))
  await register('spiffe', {})
  const trusted = await credence.manage('POST', '/clients/spiffe/credentials', {
    federated_credentials: [{ platform: 'spiffe', issuer: 'spiffe://example.org', subject: spiffeId, jwks: { keys } }],
  })
  assert.equal(trusted.status, 201, trusted.body)
  const file = join(folder.path, 'auth.jwt')
  await writeFile(file, agent.sign({ sub: spiffeId, aud: [issuer] }))
  const tokens = managerOf('spiffe', federated({ token: fileToken(file), type: 'jwt-spiffe' }))
  assert.equal((await tokens.getToken()).scope, 'orders:read')
  await writeFile(file, `${next.sign({ sub: spiffeId, aud: [issuer] })}\n`)
  assert.ok(await tokens.getToken({ forceRefresh: true }))
  await writeFile(file, next.sign({ sub: 'spiffe://example.org/ns/other', aud: [issuer] }))
  await assert.rejects(tokens.getToken({ forceRefresh: true }), isInvalidClient)
  await writeFile(file, agent.sign({ sub: spiffeId, aud: [issuer] }))
  await assert.rejects(managerOf('spiffe', federated({ token: fileToken(file) })).getToken(), isInvalidClient)
})
