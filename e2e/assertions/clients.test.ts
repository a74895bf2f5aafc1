import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createTokenManager, privateKeyJwt } from '@credence/client'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { startCredence } from '../support/credence.ts'
import { findRuntime, runProgram } from '../support/foreign.ts'
import { verifyWithJose } from '../support/token.ts'
import { audience, createKey, type KeyType, openRegistrar } from './setting.ts'

const credence = await startCredence()
after(credence.dispose)
await credence.createApi({ audience, scopes: ['orders:read'] })
const registrar = await openRegistrar(credence)
after(registrar.close)
const { issuer } = credence
const parameters = { scope: 'orders:read', resource: audience }

const assertGood = async (token: unknown, clientId: string) => {
  const { payload } = await verifyWithJose(credence, String(token), { audience })
  assert.equal(payload.client_id, clientId)
}

const importAlgorithms = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  EdDSA: { name: 'Ed25519' },
} as const

const register = async (clientId: string, alg: KeyType) => {
  const key = createKey(alg)
  // Web Crypto calls it by the name of RFC 9864, and so do clients built on it
  const jwk = alg === 'EdDSA' ? { ...key.publicJwk, alg: 'Ed25519' } : key.publicJwk
  await registrar.register(clientId, { jwks: { keys: [jwk] } }, { tokenEndpointAuthMethod: 'private_key_jwt' })
  const bytes = key.privateKey.export({ type: 'pkcs8', format: 'der' })
  const cryptoKey = await crypto.subtle.importKey('pkcs8', bytes, importAlgorithms[alg], false, ['sign'])
  return { key, cryptoKey }
}

for (const alg of ['ES256', 'PS256', 'EdDSA', 'RS256'] as const) {
  test(`RFC 7523 §2.2: oauth4webapi’s PrivateKeyJwt with ${alg}`, async () => {
    const client_id = `oauth4webapi-${alg}`
    const { key, cryptoKey } = await register(client_id, alg)
    const insecure = { [oauth.allowInsecureRequests]: true }
    const discovered = await oauth.discoveryRequest(new URL(issuer), { algorithm: 'oauth2', ...insecure })
    const server = await oauth.processDiscoveryResponse(new URL(issuer), discovered)
    const auth = oauth.PrivateKeyJwt({ key: cryptoKey, kid: key.kid })
    const response = await oauth.clientCredentialsGrantRequest(server, { client_id }, auth, parameters, insecure)
    const token = await oauth.processClientCredentialsResponse(server, { client_id }, response)
    await assertGood(token.access_token, client_id)
  })

  test(`RFC 7523 §2.2: openid-client’s PrivateKeyJwt with ${alg}`, async () => {
    const clientId = `openid-client-${alg}`
    const { key, cryptoKey } = await register(clientId, alg)
    const auth = openid.PrivateKeyJwt({ key: cryptoKey, kid: key.kid })
    const configuration = await openid.discovery(new URL(issuer), clientId, undefined, auth, {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    })
    const token = await openid.clientCredentialsGrant(configuration, parameters)
    await assertGood(token.access_token, clientId)
  })

  test(`RFC 7523 §2.2: @credence/client’s privateKeyJwt with ${alg}`, async () => {
    const clientId = `credence-client-${alg}`
    const { key } = await register(clientId, alg)
    const pem = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const auth = privateKeyJwt({ key: pem, alg, kid: key.kid })
    const tokens = createTokenManager({ issuer, clientId, auth, scope: 'orders:read', audience })
    await assertGood((await tokens.getToken()).accessToken, clientId)
    // a second request makes a second assertion
    const again = createTokenManager({ issuer, clientId, auth, scope: 'orders:read', audience })
    await assertGood((await again.getToken()).accessToken, clientId)
  })
}

test('RFC 7523 §2.2: Authlib’s PrivateKeyJWT gets a token, with its own audience where the client is registered so', async (t) => {
  const what = 'Python with Authlib'
  const probe = ['-c', 'import authlib.integrations.requests_client']
  const python = await findRuntime(['/usr/bin/python3', 'python3', 'python'], { probe, what })
  if (python.skip !== false) return t.skip(python.skip)
  const { key } = await register('authlib', 'ES256')
  const stored = (await registrar.storage.clients.find('authlib')) ?? assert.fail()
  await registrar.storage.clients.update({ ...stored, tokenEndpointAudience: true })
  const { code, stdout, stderr } = await runProgram([python.program, join(import.meta.dirname, 'with_authlib.py')], {
    ISSUER: issuer,
    TOKEN_ENDPOINT: `${issuer}/oauth/token`,
    CLIENT_ID: 'authlib',
    PRIVATE_KEY: key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    KID: key.kid,
    SCOPE: 'orders:read',
    AUDIENCE: audience,
  })
  assert.equal(code, 0, stderr)
  const tokens = stdout.trim().split('\n')
  assert.equal(tokens.length, 2)
  for (const token of tokens) await assertGood(token, 'authlib')
})
