import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { type HttpAnswer, jsonOf, sendHttp } from '../support/http.ts'
import { askToken, assertRefused, basic, callTokenEndpoint } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)
await credence.createApi({ audience: 'https://orders.example.com', scopes: ['orders:read', 'orders:write'] })
const job = await credence.createClient({
  client_id: 'job',
  grants: [{ audience: 'https://orders.example.com', scopes: ['orders:read', 'orders:write'] }],
})
const authorization = basic(job.client_id, job.client_secret)

test('RFC 6749 §5.1: the answer has access_token, token_type, expires_in and scope, and nothing else', async () => {
  const answer = await askToken(credence, job, { scope: 'orders:read' })
  assert.equal(answer.status, 200)
  assert.match(answer.headers['content-type'] ?? '', /^application\/json\b/)
  const { access_token, ...rest } = jsonOf(answer)
  assert.equal(typeof access_token, 'string')
  assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 600, scope: 'orders:read' })
})

test('RFC 6749 §4.4.3: no refresh token and no id_token, not even when asked for openid', async () => {
  const answer = await askToken(credence, job)
  assert.ok(!('refresh_token' in jsonOf(answer)) && !('id_token' in jsonOf(answer)))
  assertRefused(await askToken(credence, job, { scope: 'openid offline_access' }), 'invalid_scope')
})

const answers: Readonly<Record<string, () => Promise<HttpAnswer>>> = {
  'a token': () => askToken(credence, job),
  invalid_request: () =>
    askToken(credence, job, [
      ['scope', 'a'],
      ['scope', 'b'],
    ]),
  invalid_client: () => callTokenEndpoint(credence, { headers: { authorization: basic('job', 'wrong') } }),
  invalid_scope: () => askToken(credence, job, { scope: 'orders:delete' }),
  invalid_target: () => askToken(credence, job, { resource: 'https://elsewhere.example.com' }),
  unsupported_grant_type: () =>
    callTokenEndpoint(credence, { body: 'grant_type=password', headers: { authorization } }),
  'another method': () => callTokenEndpoint(credence, { method: 'PUT', headers: { authorization } }),
  'another content type': () => callTokenEndpoint(credence, { headers: { 'content-type': 'text/plain' } }),
  'a body that is too large': () => callTokenEndpoint(credence, { body: 'x'.repeat(100_000) }),
}
for (const [title, ask] of Object.entries(answers)) {
  test(`RFC 6749 §5.1: Cache-Control: no-store and Pragma: no-cache on the answer to ${title}`, async () => {
    const { headers } = await ask()
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(headers.pragma, 'no-cache')
  })

  test(`RFC 6749 §5.2: what is said to ${title} is ASCII without quotes and backslashes`, async () => {
    const { error_description } = jsonOf(await ask())
    if (title === 'a token') assert.equal(error_description, undefined)
    else assert.match(String(error_description), /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
  })
}

test('RFC 6749 §5.2: error_description stays in its character set whatever is echoed', async () => {
  for (const scope of ['a"b', 'a\\b', 'a\nb', 'naïve', '\u{1f511}', '<script>', 'x'.repeat(5000)]) {
    const description = assertRefused(await askToken(credence, job, { scope }), 'invalid_scope')
    assert.match(description, /^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,500}$/)
  }
})

test('RFC 6749 §5.2: invalid_client is 401 with a WWW-Authenticate of the scheme that was used', async () => {
  const inHeader = await callTokenEndpoint(credence, { headers: { authorization: basic('job', 'wrong') } })
  assertRefused(inHeader, 'invalid_client', 401)
  assert.match(inHeader.headers['www-authenticate'] ?? '', /^Basic realm="[^"]+"$/)
})

test('RFC 9110 §15.5.2: a 401 for credentials in the body has a WWW-Authenticate as well', async () => {
  const inBody = await callTokenEndpoint(credence, { form: { client_id: 'job', client_secret: 'wrong' } })
  assertRefused(inBody, 'invalid_client', 401)
  assert.ok(inBody.headers['www-authenticate'])
})

test('no answer names the software, its framework or their versions in a header', async () => {
  for (const path of ['/oauth/token', '/.well-known/jwks.json', '/nowhere']) {
    const { headers } = await sendHttp(credence.public, { path })
    for (const name of ['server', 'x-powered-by']) assert.equal(headers[name], undefined)
  }
})
