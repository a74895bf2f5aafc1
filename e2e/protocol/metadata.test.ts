import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { jsonOf, sendHttp } from '../support/http.ts'
import { getToken, verifyWithJose } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)
const path = '/.well-known/oauth-authorization-server'
const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt']
const algorithms = ['ES256', 'EdDSA', 'PS256', 'RS256']

test('RFC 8414 §3.2: the metadata document, member by member', async () => {
  const answer = await sendHttp(credence.public, { path })
  assert.equal(answer.status, 200)
  assert.match(answer.headers['content-type'] ?? '', /^application\/json\b/)
  assert.deepEqual(jsonOf(answer), {
    issuer: credence.issuer,
    token_endpoint: `${credence.issuer}/oauth/token`,
    jwks_uri: `${credence.issuer}/.well-known/jwks.json`,
    credence_credentials_endpoint: `${credence.issuer}/oauth/credentials`,
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: algorithms,
    introspection_endpoint: `${credence.issuer}/oauth/introspect`,
    introspection_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_signing_alg_values_supported: algorithms,
    introspection_signing_alg_values_supported: ['ES256'],
    dpop_signing_alg_values_supported: algorithms,
    revocation_endpoint: `${credence.issuer}/oauth/revoke`,
    revocation_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_signing_alg_values_supported: algorithms,
  })
})

test('RFC 8414 §3.3: issuer is exactly the URL that the document was found under', async () => {
  assert.equal(credence.issuer, credence.public.url)
  assert.equal(jsonOf(await sendHttp(credence.public, { path })).issuer, credence.issuer)
})

test('RFC 8414 §3.3: a Host or X-Forwarded header changes nothing in it', async () => {
  const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }
  const answer = await sendHttp(credence.public, { path, headers })
  assert.ok(!answer.body.includes('evil'))
})

test('RFC 8414 §3.2: no empty array, no null, and no algorithm list that has none', async () => {
  for (const [name, value] of Object.entries(jsonOf(await sendHttp(credence.public, { path })))) {
    assert.ok(value !== null && value !== '', name)
    if (!Array.isArray(value)) continue
    assert.ok(value.length > 0, name)
    assert.ok(!value.includes('none'), name)
  }
})

test('RFC 8414 §3.1: metadata is cacheable and revalidated by its ETag; another method → 405 with Allow', async () => {
  const first = await sendHttp(credence.public, { path })
  assert.match(first.headers['cache-control'] ?? '', /^public, max-age=\d+$/)
  const again = await sendHttp(credence.public, { path, headers: { 'if-none-match': first.headers.etag } })
  assert.equal(again.status, 304)
  assert.equal(again.body, '')
  const post = await sendHttp(credence.public, { path, method: 'POST' })
  assert.equal(post.status, 405)
  assert.equal(post.headers.allow, 'GET, HEAD')
})

test('RFC 8414 §3.1: the well-known path is inserted before the path of an issuer that has one', async () => {
  const issuer = 'https://auth.example.com/tenants/blue'
  const tenant = await startCredence({ args: ['--issuer', issuer] })
  try {
    const answer = await sendHttp(tenant.public, { path: `${path}/tenants/blue` })
    assert.equal(answer.status, 200)
    const metadata = jsonOf(answer)
    assert.equal(metadata.issuer, issuer)
    assert.equal(metadata.token_endpoint, `${issuer}/oauth/token`)
    assert.equal(metadata.jwks_uri, `${issuer}/.well-known/jwks.json`)
    assert.equal((await sendHttp(tenant.public, { path: `/tenants/blue${path}` })).status, 404)
    assert.equal((await sendHttp(tenant.public, { path: '/tenants/blue/.well-known/jwks.json' })).status, 200)
    await tenant.createApi({ audience: 'https://a.example.com', scopes: ['x'] })
    const client = await tenant.createClient({
      client_id: 'job',
      grants: [{ audience: 'https://a.example.com', scopes: ['x'] }],
    })
    const { payload } = await verifyWithJose(tenant, await getToken(tenant, client), {
      audience: 'https://a.example.com',
    })
    assert.equal(payload.iss, issuer)
  } finally {
    await tenant.dispose()
  }
})
