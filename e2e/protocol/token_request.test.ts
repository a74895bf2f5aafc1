import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { sendHttp } from '../support/http.ts'
import { askToken, assertRefused, basic, callTokenEndpoint } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)
await credence.createApi({ audience: 'https://orders.example.com', scopes: ['orders:read'] })
const job = await credence.createClient({
  client_id: 'job',
  grants: [{ audience: 'https://orders.example.com', scopes: ['orders:read'] }],
})
const authorization = basic(job.client_id, job.client_secret)
const body = 'grant_type=client_credentials'

for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
  test(`RFC 6749 §3.2: ${method} at the token endpoint → 405 with Allow: POST`, async () => {
    const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
    const withBody = method === 'GET' || method === 'HEAD' ? {} : { body }
    const answer = await sendHttp(credence.public, { method, path: '/oauth/token', headers, ...withBody })
    assert.equal(answer.status, 405)
    assert.equal(answer.headers.allow, 'POST')
    if (method !== 'HEAD') assertRefused(answer, 'invalid_request', 405)
  })
}

test('RFC 6749 §3.2: a token request as GET with everything in the URI issues nothing', async () => {
  const query = `?${body}&client_id=job&client_secret=${job.client_secret}`
  const answer = await sendHttp(credence.public, { path: `/oauth/token${query}` })
  assert.equal(answer.status, 405)
  assert.ok(!answer.body.includes('access_token'))
})

test('RFC 6749 §3.2: a parameter with an empty value counts as omitted', async () => {
  const answer = await askToken(credence, job, {
    scope: '',
    resource: '',
    audience: '',
    client_id: '',
    client_secret: '',
  })
  assert.equal(answer.status, 200, answer.body)
  const empty = await callTokenEndpoint(credence, { body: 'grant_type=', headers: { authorization } })
  assert.match(assertRefused(empty, 'invalid_request'), /grant_type is missing/)
})

for (const repeated of [
  'grant_type=client_credentials',
  'scope=orders:read',
  'audience=https://orders.example.com',
  'x=1',
]) {
  test(`RFC 6749 §3.2: ${repeated.split('=')[0]} given twice → invalid_request`, async () => {
    const twice = repeated.startsWith('grant_type') ? `${body}&${repeated}` : `${body}&${repeated}&${repeated}`
    assertRefused(await callTokenEndpoint(credence, { body: twice, headers: { authorization } }), 'invalid_request')
  })
}

test('RFC 6749 §3.2: a parameter repeated with an empty value, or under another spelling of its name, is repeated', async () => {
  for (const twice of [
    'scope=orders:read&scope=',
    'scope=&scope=orders:read',
    'scope=orders:read&%73cope=orders:read',
  ]) {
    assertRefused(
      await callTokenEndpoint(credence, { body: `${body}&${twice}`, headers: { authorization } }),
      'invalid_request',
    )
  }
})

test('RFC 6749 §3.2: client_id and client_secret given twice → invalid_request', async () => {
  const credentials = `client_id=job&client_secret=${job.client_secret}`
  for (const extra of ['client_id=job', `client_secret=${job.client_secret}`]) {
    assertRefused(await callTokenEndpoint(credence, { body: `${body}&${credentials}&${extra}` }), 'invalid_request')
  }
})

test('RFC 6749 §3.2: unknown parameters are ignored', async () => {
  const answer = await askToken(credence, job, { nonsense: 'x', __proto__x: 'y', constructor: 'z', 'a b': 'c' })
  assert.equal(answer.status, 200, answer.body)
})

const otherTypes = [
  'application/json',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded2',
  'text/plain, application/x-www-form-urlencoded',
]
for (const contentType of otherTypes) {
  test(`RFC 6749 §4.4.2: a body of type ${contentType} → 415 with a JSON error`, async () => {
    const headers = { authorization, 'content-type': contentType }
    assertRefused(await callTokenEndpoint(credence, { headers, body }), 'invalid_request', 415)
  })
}

test('RFC 6749 §4.4.2: a body without content type → 415 with a JSON error', async () => {
  const answer = await sendHttp(credence.public, {
    method: 'POST',
    path: '/oauth/token',
    headers: { authorization },
    body,
  })
  assertRefused(answer, 'invalid_request', 415)
})

test('RFC 6749 Appendix B: the type may be written in capitals and carry a charset', async () => {
  for (const contentType of ['APPLICATION/X-WWW-Form-Urlencoded', 'application/x-www-form-urlencoded; charset=UTF-8']) {
    const answer = await callTokenEndpoint(credence, { headers: { authorization, 'content-type': contentType } })
    assert.equal(answer.status, 200, contentType)
  }
})

test('RFC 6749 Appendix B: malformed percent-encoding and raw bytes outside ASCII → invalid_request', async () => {
  for (const broken of ['&scope=%', '&scope=%zz', '&scope=%ff', '&scope=é', '&scope=a\u0000b']) {
    assertRefused(
      await callTokenEndpoint(credence, { body: body + broken, headers: { authorization } }),
      'invalid_request',
    )
  }
})

test('RFC 6749 §5.2: no grant_type → invalid_request; one that is not served → unsupported_grant_type', async () => {
  assertRefused(await callTokenEndpoint(credence, { body: 'x=1', headers: { authorization } }), 'invalid_request')
  assertRefused(await callTokenEndpoint(credence, { body: '', headers: { authorization } }), 'invalid_request')
  for (const grantType of ['password', 'authorization_code', 'refresh_token', 'CLIENT_CREDENTIALS', '__proto__']) {
    const answer = await callTokenEndpoint(credence, { body: `grant_type=${grantType}`, headers: { authorization } })
    assertRefused(answer, 'unsupported_grant_type')
  }
})

test('checklist 9: CORS is off: a preflight is refused and no answer allows an origin', async () => {
  const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' }
  const preflight = await sendHttp(credence.public, { method: 'OPTIONS', path: '/oauth/token', headers })
  const answer = await callTokenEndpoint(credence, { headers: { authorization, origin: 'https://app.example' } })
  assert.equal(preflight.status, 405)
  assert.equal(answer.status, 200)
  for (const { headers } of [preflight, answer]) {
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith('access-control-')),
      [],
    )
  }
})

test('RFC 9112 §3.2.2: a target in absolute form is the path in it, whatever name it gives', async () => {
  const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
  for (const origin of [credence.issuer, 'http://another.example', 'HTTPS://another.example:1']) {
    const answer = await sendHttp(credence.public, { method: 'POST', path: `${origin}/oauth/token`, headers, body })
    assert.equal(answer.status, 200, origin)
    const inUri = { method: 'POST', path: `${origin}/oauth/token?${body}`, headers, body }
    assertRefused(await sendHttp(credence.public, inUri), 'invalid_request')
  }
  for (const path of ['http://another.example', 'ftp://another.example/oauth/token', 'http:///oauth/token']) {
    assertRefused(await sendHttp(credence.public, { method: 'POST', path, headers, body }), 'invalid_request', 404)
  }
})

test('an unknown path of the public listener is 404 JSON, and nothing of the management API is there', async () => {
  for (const path of [
    '/',
    '/admin/v1/clients',
    '/admin/v1/openapi.json',
    '/metrics',
    '/health/live',
    '/oauth/token/',
  ]) {
    const answer = await sendHttp(credence.public, { path })
    assert.equal(answer.status, 404, path)
    assertRefused(answer, 'invalid_request', 404)
  }
})
