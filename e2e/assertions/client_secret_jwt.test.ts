import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  allowInsecureRequests,
  ClientSecretJwt,
  clientCredentialsGrantRequest,
  processClientCredentialsResponse,
} from 'oauth4webapi'
import { startCredence } from '../support/credence.ts'
import { jsonOf } from '../support/http.ts'
import { askToken, assertRefused } from '../support/token.ts'
import { askWith, audience, createKey, makeAssertion, makeHmacAssertion, openRegistrar } from './setting.ts'

const credence = await startCredence()
after(credence.dispose)
await credence.createApi({ audience, scopes: ['orders:read'] })
const registrar = await openRegistrar(credence)
after(registrar.close)
const { issuer } = credence
const grants = [{ audience, scopes: ['orders:read'] }]

const created = await credence.manage('POST', '/clients', {
  client_id: 'hmac',
  grants,
  token_endpoint_auth_method: 'client_secret_jwt',
})
assert.equal(created.status, 201, created.body)
const secret = String(jsonOf(created).client_secret)
const hmac = { clientId: 'hmac', issuer }

test('16: a client that is registered for it gets a token with an HS256 assertion, once', async () => {
  const assertion = makeHmacAssertion(secret, hmac)
  const answer = await askWith(credence, assertion)
  assert.equal(answer.status, 200, answer.body)
  assertRefused(await askWith(credence, assertion), 'invalid_client')
})

test('16: oauth4webapi’s ClientSecretJwt', async () => {
  const server = { issuer, token_endpoint: `${issuer}/oauth/token` }
  const options = { [allowInsecureRequests]: true }
  const response = await clientCredentialsGrantRequest(
    server,
    { client_id: 'hmac' },
    ClientSecretJwt(secret),
    {},
    options,
  )
  const token = await processClientCredentialsResponse(server, { client_id: 'hmac' }, response)
  assert.equal(token.token_type, 'bearer')
})

test('16: another secret, and the secret by Basic, are refused', async () => {
  assertRefused(await askWith(credence, makeHmacAssertion(`${secret.slice(0, -1)}_`, hmac)), 'invalid_client')
  const client = { client_id: 'hmac', client_secret: secret, credential_id: '' }
  assertRefused(await askToken(credence, client), 'invalid_client')
})

test('16: off by default: nobody’s secret is an HMAC key but who is registered for it', async () => {
  const basic = await credence.createClient({ client_id: 'basic', grants })
  const assertion = makeHmacAssertion(basic.client_secret, { clientId: 'basic', issuer })
  assertRefused(await askWith(credence, assertion), 'invalid_client')
  const stored = await registrar.storage.credentials.find(basic.credential_id)
  assert.equal(stored?.kind === 'secret' ? stored.sealedSecret : assert.fail(), undefined)
})

test('16: a key does not do in its place, nor the secret in place of a key', async () => {
  const key = createKey()
  await registrar.register('keyed', { jwks: { keys: [key.publicJwk] } }, { tokenEndpointAuthMethod: 'private_key_jwt' })
  assertRefused(await askWith(credence, makeHmacAssertion(secret, { clientId: 'keyed', issuer })), 'invalid_client')
  await registrar.addKeys('hmac', { jwks: { keys: [key.publicJwk] } })
  assertRefused(await askWith(credence, makeAssertion(key, hmac)), 'invalid_client')
})

test('A9: the kept secret is in the store sealed, and nowhere else', async () => {
  const all = await registrar.storage.credentials.listByClient('hmac', { limit: 10 })
  const sealed = all.find((credential) => credential.kind === 'secret')?.sealedSecret
  assert.ok(sealed !== undefined)
  assert.ok(!Buffer.from(sealed).includes(Buffer.from(secret)))
  assert.ok(!credence.output().includes(secret))
})
