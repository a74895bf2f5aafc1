import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { calculateJwkThumbprint } from 'jose'
import { startCredence } from '../support/credence.ts'
import { sendHttp } from '../support/http.ts'
import { getToken } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)
for (const signing_alg of ['ES256', 'RS256', 'PS256', 'EdDSA'] as const) {
  const audience = `https://${signing_alg.toLowerCase()}.example.com`
  await credence.createApi({ audience, scopes: ['x'], signing_alg })
  const client = await credence.createClient({ client_id: signing_alg, grants: [{ audience, scopes: ['x'] }] })
  await getToken(credence, client)
}
const path = '/.well-known/jwks.json'
const fetchKeys = async (): Promise<Record<string, string>[]> =>
  JSON.parse((await sendHttp(credence.public, { path })).body).keys

test('RFC 7517 §4: each key has kty, use sig, alg and a kid of its own', async () => {
  const keys = await fetchKeys()
  assert.deepEqual(keys.map((key) => key.alg).sort(), ['ES256', 'EdDSA', 'PS256', 'RS256'])
  assert.equal(new Set(keys.map((key) => key.kid)).size, keys.length)
  for (const key of keys) assert.equal(key.use, 'sig')
})

test('RFC 7638 §3: the kid is the thumbprint of the key', async () => {
  for (const key of await fetchKeys()) assert.equal(key.kid, await calculateJwkThumbprint(key))
})

test('RFC 7518 §6: no private or symmetric part of any key is published', async () => {
  const members = new Set((await fetchKeys()).flatMap((key) => Object.keys(key)))
  for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) assert.ok(!members.has(secret), secret)
})

test('RFC 7518 §3.3: RSA keys have 2048 bits or more', async () => {
  const rsa = (await fetchKeys()).filter((key) => key.kty === 'RSA')
  assert.equal(rsa.length, 2)
  for (const key of rsa) assert.ok(Buffer.from(key.n ?? '', 'base64url').length >= 256)
})

test('RFC 9110 §13.1.2: Cache-Control and ETag; the same ETag → 304 without a body; another → 200', async () => {
  const first = await sendHttp(credence.public, { path })
  assert.match(first.headers['cache-control'] ?? '', /^public, max-age=[1-9]\d*$/)
  assert.match(first.headers.etag ?? '', /^"[^"]+"$/)
  const { etag = '' } = first.headers
  for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const answer = await sendHttp(credence.public, { path, headers: { 'if-none-match': tag } })
    assert.equal(answer.status, 304, tag)
    assert.equal(answer.body, '')
    assert.equal(answer.headers.etag, etag)
  }
  assert.equal((await sendHttp(credence.public, { path, headers: { 'if-none-match': '"other"' } })).status, 200)
})

test('RFC 9110 §13.1.2: the ETag changes when a key is added', async () => {
  const fresh = await startCredence()
  try {
    const before = await sendHttp(fresh.public, { path })
    await fresh.createApi({ audience: 'https://new.example.com', scopes: ['x'], signing_alg: 'EdDSA' })
    const grants = [{ audience: 'https://new.example.com', scopes: ['x'] }]
    await getToken(fresh, await fresh.createClient({ client_id: 'new', grants }))
    const answer = await sendHttp(fresh.public, { path, headers: { 'if-none-match': before.headers.etag } })
    assert.equal(answer.status, 200)
    assert.equal(JSON.parse(answer.body).keys.length, JSON.parse(before.body).keys.length + 1)
  } finally {
    await fresh.dispose()
  }
})

test('RFC 9110 §9.3.2: HEAD and GET only: POST → 405 with Allow', async () => {
  const answer = await sendHttp(credence.public, { path, method: 'POST', body: '' })
  assert.equal(answer.status, 405)
  assert.match(answer.headers.allow ?? '', /^GET(, HEAD)?$/)
  const head = await sendHttp(credence.public, { path, method: 'HEAD' })
  assert.equal(head.status, 200)
  assert.equal(head.body, '')
})
