import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createResourceServer, type IntrospectionOptions } from '@credence/verifier'
import { startCredence } from '../support/credence.ts'
import { revoke } from '../support/introspection.ts'
import { getToken } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)
const orders = 'https://orders.example.com'
const sealed = 'https://sealed.example.com'
const billing = 'https://billing.example.com'
await credence.createApi({ audience: orders, scopes: ['orders:read'] })
await credence.createApi({ audience: sealed, scopes: ['sealed:read'], token_format: 'opaque' })
await credence.createApi({ audience: billing, scopes: ['billing:read'], token_format: 'opaque' })
const job = await credence.createClient({
  client_id: 'job',
  grants: [
    { audience: orders, scopes: ['orders:read'] },
    { audience: sealed, scopes: ['sealed:read'] },
    { audience: billing, scopes: ['billing:read'] },
  ],
})
const serving = await credence.createClient({ client_id: 'orders-server', serves: [orders, sealed] })

const createServer = (resource: string, settings: Partial<IntrospectionOptions> = {}) => {
  const { client_id: clientId, client_secret: clientSecret } = serving
  const introspection = { clientId, clientSecret, cacheSeconds: 0, ...settings }
  const server = createResourceServer({ resource, issuers: [{ issuer: credence.issuer }], introspection })
  return (token: string, requirement = {}) =>
    server.verify({ method: 'GET', url: '/', headers: { authorization: `Bearer ${token}` } }, requirement)
}

for (const signed of [false, true]) {
  const answers = signed ? 'signed answers (RFC 9701)' : 'plain answers (RFC 7662)'

  test(`${answers}: an opaque token is accepted with its scopes, and refused once it is revoked`, async () => {
    const verify = createServer(sealed, { signed })
    const token = await getToken(credence, job, { audience: sealed })
    const result = await verify(token, { all: ['sealed:read'] })
    assert.ok(result.ok, result.ok ? '' : `${result.code} ${result.detail}`)
    assert.equal(result.token.clientId, 'job')
    assert.deepEqual(result.token.scopes, ['sealed:read'])
    assert.equal(result.token.claims.credential_id, job.credential_id)
    const poor = await verify(token, { all: ['sealed:write'] })
    assert.ok(!poor.ok)
    assert.equal(poor.status, 403)
    assert.equal((await revoke(credence, job, token)).status, 200)
    const revoked = await verify(token)
    assert.ok(!revoked.ok)
    assert.deepEqual([revoked.status, revoked.code], [401, 'token_inactive'])
  })

  test(`${answers}: with mode always a JWT is refused as soon as it is revoked`, async () => {
    const verify = createServer(orders, { signed, mode: 'always' })
    const token = await getToken(credence, job, { audience: orders })
    const result = await verify(token, { all: ['orders:read'] })
    assert.ok(result.ok, result.ok ? '' : `${result.code} ${result.detail}`)
    assert.equal((await revoke(credence, job, token)).status, 200)
    const revoked = await verify(token)
    assert.ok(!revoked.ok)
    assert.equal(revoked.code, 'token_inactive')
  })
}

test('V15: an opaque token for another API is refused', async () => {
  const token = await getToken(credence, job, { audience: billing })
  const other = await createServer(sealed)(token)
  assert.ok(!other.ok)
  assert.equal(other.code, 'token_inactive')
  const forOrders = await createServer(orders)(await getToken(credence, job, { audience: sealed }))
  assert.ok(!forOrders.ok)
  assert.equal(forOrders.code, 'wrong_audience')
})

test('garbage is 401, and a wrong secret of the resource server is 503 and not 401', async () => {
  const garbage = await createServer(sealed)('cat_1_garbage')
  assert.ok(!garbage.ok)
  assert.deepEqual([garbage.status, garbage.code], [401, 'token_inactive'])
  const token = await getToken(credence, job, { audience: sealed })
  const mistaken = await createServer(sealed, { clientSecret: 'wrong' })(token)
  assert.ok(!mistaken.ok)
  assert.deepEqual([mistaken.status, mistaken.code], [503, 'introspection_unavailable'])
  assert.match(mistaken.detail ?? '', /status 401/)
})
