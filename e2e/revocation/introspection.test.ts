import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { startCredence } from '../support/credence.ts'
import { jsonOf, sendHttp } from '../support/http.ts'
import { basicOf, introspect, postForm, revoke } from '../support/introspection.ts'
import { createAdminCaller } from '../support/management.ts'
import { assertRefused, getToken, verifyWithJose } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)
const orders = 'https://orders.example.com'
const billing = 'https://billing.example.com'
const sealed = 'https://sealed.example.com'
await credence.createApi({ audience: orders, scopes: ['orders:read', 'orders:write'] })
await credence.createApi({ audience: billing, scopes: ['billing:read'] })
await credence.createApi({ audience: sealed, scopes: ['sealed:read'], token_format: 'opaque' })
const grants = [
  { audience: orders, scopes: ['orders:read'] },
  { audience: billing, scopes: ['billing:read'] },
  { audience: sealed, scopes: ['sealed:read'] },
]
const job = await credence.createClient({ client_id: 'job', grants })
const other = await credence.createClient({ client_id: 'other', grants })
const ordersServer = await credence.createClient({ client_id: 'orders-server', serves: [orders, sealed] })

const inactive = '{"active":false}'
const ask = (form: Record<string, string>, headers: Record<string, string>) =>
  postForm(credence, '/oauth/introspect', { form, headers })

test('RFC 7662 §2.2: a resource server learns all that a token for it says', async () => {
  const token = await getToken(credence, job, { audience: orders })
  const { payload } = await verifyWithJose(credence, token, { audience: orders })
  const answer = await ask({ token }, basicOf(ordersServer))
  assert.equal(answer.status, 200)
  assert.equal(answer.headers['content-type'], 'application/json')
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.deepEqual(jsonOf(answer), { active: true, token_type: 'Bearer', ...payload })
})

test('opaque tokens: nobody reads anything from one, and introspection says what a signed one would', async () => {
  const token = await getToken(credence, job, { audience: sealed })
  assert.match(token, /^cat_1_[A-Za-z0-9_-]+$/)
  assert.ok(token.length < 1_000, `${token.length} characters`)
  assert.ok(!Buffer.from(token.slice(6), 'base64url').includes('job'))
  const { iat, exp, jti, credential_id, ...rest } = await introspect(credence, ordersServer, token)
  assert.deepEqual(rest, {
    active: true,
    token_type: 'Bearer',
    iss: credence.issuer,
    sub: 'job',
    client_id: 'job',
    aud: sealed,
    scope: 'sealed:read',
  })
  assert.equal(Number(exp) - Number(iat), 600)
  assert.equal(credential_id, job.credential_id)
  assert.equal(typeof jti, 'string')
})

test('checklist 29: a caller learns of tokens meant for it or issued to it, and of no others', async () => {
  for (const audience of [orders, sealed]) {
    const token = await getToken(credence, job, { audience })
    assert.equal((await introspect(credence, ordersServer, token)).active, true)
    assert.equal((await introspect(credence, job, token)).active, true)
    assert.equal((await ask({ token }, basicOf(other))).body, inactive)
  }
  const token = await getToken(credence, job, { audience: billing })
  assert.equal((await ask({ token }, basicOf(ordersServer))).body, inactive)
})

test('RFC 7662 §2.1: an admin token with the scope for it learns of every token, one without does not', async () => {
  const token = await getToken(credence, job, { audience: billing })
  const reader = await createAdminCaller(credence, 'auditor', ['admin:revocations:read'])
  assert.equal(jsonOf(await ask({ token }, { authorization: `Bearer ${reader.token}` })).active, true)
  const without = await createAdminCaller(credence, 'no-auditor', ['admin:clients:read'])
  const refused = await ask({ token }, { authorization: `Bearer ${without.token}` })
  assert.equal(refused.status, 403)
  assert.match(String(refused.headers['www-authenticate']), /Bearer error="insufficient_scope"/)
  const foreign = await ask({ token }, { authorization: `Bearer ${token}` })
  assert.equal(foreign.status, 401)
  assert.equal(jsonOf(foreign).error, 'invalid_token')
  const both = await ask({ token, client_secret: 'x' }, { authorization: `Bearer ${reader.token}` })
  assertRefused(both, 'invalid_request')
})

test('RFC 7662 §2.1: without or with wrong authentication nothing is said about any token', async () => {
  const token = await getToken(credence, job, { audience: orders })
  assertRefused(await ask({ token }, {}), 'invalid_client')
  assertRefused(await ask({ token }, basicOf({ ...job, client_secret: 'wrong' })), 'invalid_client')
  assertRefused(await ask({}, basicOf(job)), 'invalid_request')
  const get = await sendHttp(credence.public, { path: `/oauth/introspect?token=${token}`, headers: basicOf(job) })
  assert.equal(get.status, 405)
})

test('checklist 29: whatever is not an active token is exactly {"active":false}', async () => {
  const token = await getToken(credence, job, { audience: orders })
  const opaque = await getToken(credence, job, { audience: sealed })
  const changed = (text: string, at: number) => {
    const letter = text.at(at) === 'A' ? 'B' : 'A'
    return `${text.slice(0, at)}${letter}${text.slice(at + 1)}`
  }
  const [head = '', body = ''] = token.split('.')
  const bad = [
    'x',
    'cat_',
    'cat_1_',
    'cat_1_AAAA',
    `cat_2_${opaque.slice(6)}`,
    `cat_999999_${opaque.slice(6)}`,
    `cat_01_${opaque.slice(6)}`,
    `${opaque}=`,
    `${opaque}A`,
    opaque.slice(0, -1),
    changed(opaque, 10),
    changed(opaque, 80),
    changed(opaque, opaque.length - 2),
    `cat_1_${'A'.repeat(20_000)}`,
    changed(token, token.length - 20),
    `${head}.${body}.`,
    `${head}.${body}`,
    `${token}.${head}`,
    'x'.repeat(17_000),
    job.client_secret,
  ]
  for (const text of bad) {
    const answer = await ask({ token: text }, basicOf(ordersServer))
    assert.equal(answer.body, inactive, text.slice(0, 60))
    assert.equal(answer.status, 200)
  }
})

test('V14: a token is denied by (iss, jti): the second valid form of its ECDSA signature is denied too', async () => {
  const token = await getToken(credence, job, { audience: orders })
  const [head, body, signature = ''] = token.split('.')
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const bytes = Buffer.from(signature, 'base64url')
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`)
  const mirrored = Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex')
  const second = `${head}.${body}.${Buffer.concat([bytes.subarray(0, 32), mirrored]).toString('base64url')}`
  assert.notEqual(second, token)
  assert.equal((await introspect(credence, ordersServer, second)).active, true)
  assert.equal((await revoke(credence, job, token)).status, 200)
  assert.deepEqual(await introspect(credence, ordersServer, token), { active: false })
  assert.deepEqual(await introspect(credence, ordersServer, second), { active: false })
})

test('checklist 30: RFC 9701: asked for by Accept, the answer is a signed JWT for the one who asked', async () => {
  const token = await getToken(credence, job, { audience: orders })
  const accept = 'application/token-introspection+jwt'
  const answer = await ask({ token }, { ...basicOf(ordersServer), accept })
  assert.equal(answer.headers['content-type'], accept)
  const keys = createLocalJWKSet(JSON.parse((await sendHttp(credence.public, { path: '/.well-known/jwks.json' })).body))
  const options = { issuer: credence.issuer, audience: 'orders-server', typ: 'token-introspection+jwt' }
  const { payload } = await jwtVerify(answer.body, keys, options)
  assert.deepEqual(Object.keys(payload).sort(), ['aud', 'iat', 'iss', 'token_introspection'])
  assert.deepEqual(payload.token_introspection, await introspect(credence, ordersServer, token))

  const none = await ask({ token: 'x' }, { ...basicOf(ordersServer), accept: `application/json;q=0.5, ${accept}` })
  assert.deepEqual((await jwtVerify(none.body, keys, options)).payload.token_introspection, { active: false })
  for (const other of ['*/*', 'application/json', `${accept};q=0`]) {
    const plain = await ask({ token }, { ...basicOf(ordersServer), accept: other })
    assert.equal(plain.headers['content-type'], 'application/json', other)
  }
  // RFC 9701 §8.1: it is no access token, and none to be revoked either
  assert.deepEqual(await introspect(credence, ordersServer, answer.body), { active: false })
  assertRefused(await revoke(credence, ordersServer, answer.body), 'unsupported_token_type')
})

test('oauth4webapi introspects, plain and signed, from the metadata alone, and revokes', async () => {
  const insecure = { [oauth.allowInsecureRequests]: true }
  const issuer = new URL(credence.issuer)
  const server = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
  )
  const client = { client_id: ordersServer.client_id }
  const token = await getToken(credence, job, { audience: orders })
  const auth = oauth.ClientSecretBasic(ordersServer.client_secret)
  for (const requestJwtResponse of [false, true]) {
    const options = { ...insecure, requestJwtResponse }
    const answer = await oauth.introspectionRequest(server, client, auth, token, options)
    assert.equal((await oauth.processIntrospectionResponse(server, client, answer)).active, true)
  }
  const own = { client_id: job.client_id }
  const revoked = await oauth.revocationRequest(
    server,
    own,
    oauth.ClientSecretBasic(job.client_secret),
    token,
    insecure,
  )
  await oauth.processRevocationResponse(revoked)
  assert.deepEqual(await introspect(credence, ordersServer, token), { active: false })
})

test('V15: the name of a built-in or unknown API cannot be served', async () => {
  for (const [audience, code] of [
    ['urn:credence:admin', 'built_in'],
    ['https://nowhere.example.com', 'not_found'],
  ] as const) {
    const answer = await credence.manage('POST', '/clients', { client_id: `serves-${code}`, serves: [audience] })
    assert.equal(jsonOf(answer).code, code)
    assert.equal(jsonOf(await credence.manage('PATCH', '/clients/other', { serves: [audience] })).code, code)
  }
})
