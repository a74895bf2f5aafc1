import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { decodeProtectedHeader } from 'jose'
import { startCredence } from '../support/credence.ts'
import { jsonOf, sendHttp } from '../support/http.ts'
import { askToken, getToken, verifyWithJose } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)
const audience = 'https://orders.example.com'
await credence.createApi({ audience, scopes: ['orders:read', 'orders:write'] })
const job = await credence.createClient({
  client_id: 'job',
  grants: [{ audience, scopes: ['orders:read', 'orders:write'] }],
})

test('RFC 9068 §2.1: the header is typ at+jwt, alg ES256 and the kid of a published key, and nothing else', async () => {
  const header = decodeProtectedHeader(await getToken(credence, job))
  assert.deepEqual(Object.keys(header).sort(), ['alg', 'kid', 'typ'])
  assert.equal(header.typ, 'at+jwt')
  assert.equal(header.alg, 'ES256')
  const { keys } = JSON.parse((await sendHttp(credence.public, { path: '/.well-known/jwks.json' })).body)
  assert.ok(keys.some((key: { kid: string }) => key.kid === header.kid))
})

test('RFC 9068 §2.2: iss, exp, aud, sub, client_id, iat, jti; scope; credential_id; and nothing else', async () => {
  const before = Math.floor(Date.now() / 1000)
  const answer = await askToken(credence, job, { scope: 'orders:read' })
  const { payload } = await verifyWithJose(credence, String(jsonOf(answer).access_token), { audience })
  const { exp = 0, iat = 0, jti, ...rest } = payload
  assert.deepEqual(rest, {
    iss: credence.issuer,
    sub: 'job',
    client_id: 'job',
    aud: audience,
    scope: 'orders:read',
    credential_id: job.credential_id,
  })
  assert.ok(Number.isInteger(iat) && iat >= before && iat <= Date.now() / 1000)
  assert.equal(exp - iat, jsonOf(answer).expires_in)
  assert.match(String(jti), /^[A-Za-z0-9_-]{22}$/)
})

test('RFC 9068 §2.2.3: scope is in the token even when the request had none, and equals that of the answer', async () => {
  const answer = jsonOf(await askToken(credence, job))
  const { payload } = await verifyWithJose(credence, String(answer.access_token), { audience })
  assert.equal(payload.scope, 'orders:read orders:write')
  assert.equal(answer.scope, payload.scope)
})

test('RFC 7519 §4.1.7: jti is unique over 500 tokens, 50 asked for at once', async () => {
  const seen = new Set<unknown>()
  for (let round = 0; round < 10; round += 1) {
    const tokens = await Promise.all(Array.from({ length: 50 }, () => getToken(credence, job)))
    for (const token of tokens) seen.add(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).jti)
  }
  assert.equal(seen.size, 500)
})

test('credential_id says which of two secrets asked', async () => {
  const added = JSON.parse((await credence.manage('POST', '/clients/job/credentials', {})).body)
  const { payload } = await verifyWithJose(credence, await getToken(credence, { ...job, ...added }), { audience })
  assert.equal(payload.credential_id, added.credential_id)
  assert.notEqual(payload.credential_id, job.credential_id)
})

for (const alg of ['ES256', 'RS256', 'PS256', 'EdDSA'] as const) {
  test(`RFC 9068 §2.1: an API with signing_alg ${alg}: jose verifies its token with the published key set`, async () => {
    const target = `https://${alg.toLowerCase()}.example.com`
    await credence.createApi({ audience: target, scopes: ['x'], signing_alg: alg })
    const client = await credence.createClient({ client_id: alg, grants: [{ audience: target, scopes: ['x'] }] })
    const token = await getToken(credence, client)
    const { protectedHeader } = await verifyWithJose(credence, token, { audience: target, algorithms: [alg] })
    assert.equal(protectedHeader.alg, alg)
    const { keys } = JSON.parse((await sendHttp(credence.public, { path: '/.well-known/jwks.json' })).body)
    assert.equal(keys.filter((key: { alg: string }) => key.alg === alg).length, 1)
  })
}

test('RFC 7515 §5.2: a token with one bit of its signature changed no longer verifies', async () => {
  const token = await getToken(credence, job)
  const [header = '', payload = '', signature = ''] = token.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  bytes.writeUInt8(bytes.readUInt8(10) ^ 1, 10)
  const altered = `${header}.${payload}.${bytes.toString('base64url')}`
  await assert.rejects(verifyWithJose(credence, altered, { audience }), {
    code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
  })
})

test('an API switched to another algorithm: old tokens still verify, new ones are signed with the new', async () => {
  const target = 'https://switched.example.com'
  await credence.createApi({ audience: target, scopes: ['x'] })
  const client = await credence.createClient({ client_id: 'switched', grants: [{ audience: target, scopes: ['x'] }] })
  const old = await getToken(credence, client)
  await credence.manage('PATCH', `/apis/${encodeURIComponent(target)}`, { signing_alg: 'EdDSA' })
  const { protectedHeader } = await verifyWithJose(credence, await getToken(credence, client), { audience: target })
  assert.equal(protectedHeader.alg, 'EdDSA')
  assert.equal((await verifyWithJose(credence, old, { audience: target })).protectedHeader.alg, 'ES256')
})

test('a restart keeps the signing keys: a token of before verifies after, under the same kid', async () => {
  const first = await startCredence({ args: ['--issuer', 'https://auth.example.com'] })
  await first.createApi({ audience, scopes: ['x'] })
  const client = await first.createClient({ client_id: 'job', grants: [{ audience, scopes: ['x'] }] })
  const token = await getToken(first, client)
  assert.equal(await first.stop(), 0)
  const second = await startCredence({ data: first.data, args: ['--issuer', 'https://auth.example.com'] })
  const { protectedHeader } = await verifyWithJose(second, token, { audience })
  assert.equal(decodeProtectedHeader(await getToken(second, client)).kid, protectedHeader.kid)
  await second.stop()
  await first.dispose()
})
