import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { type HttpAnswer, jsonOf } from '../support/http.ts'
import { adminAudience, createAdminCaller } from '../support/management.ts'
import { askToken, assertRefused } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)
const orders = 'https://orders.example.com'
await credence.createApi({ audience: orders, scopes: ['orders:read'] })
const adminGrant = (...scopes: string[]) => ({ audience: adminAudience, scopes })
const root = await credence.createClient({
  client_id: 'root',
  grants: [adminGrant('admin:apis:write', 'admin:clients:write')],
})
await credence.createClient({ client_id: 'job', grants: [{ audience: orders, scopes: ['orders:read'] }] })
const clerk = await createAdminCaller(credence, 'clerk', [
  'admin:clients:write',
  'admin:clients:read',
  'admin:credentials:write',
  'admin:grants:write',
])
const grantPath = (clientId: string, audience = adminAudience) =>
  `/admin/v1/clients/${clientId}/grants/${encodeURIComponent(audience)}`

const assertEscalation = (answer: HttpAnswer) => {
  assert.equal(answer.status, 403, answer.body)
  assert.equal(jsonOf(answer).code, 'would_escalate')
}

test('would_escalate: nobody grants an admin scope that they do not hold, to themselves or to others', async () => {
  for (const client of ['clerk', 'job']) {
    assertEscalation(await clerk.call('PUT', grantPath(client), { scopes: ['admin:apis:write'] }))
    assertEscalation(await clerk.call('PUT', grantPath(client), { scopes: ['admin:grants:write', 'admin:apis:write'] }))
  }
})

test('would_escalate: a scope that is held may be passed on', async () => {
  assert.equal((await clerk.call('PUT', grantPath('job'), { scopes: ['admin:clients:read'] })).status, 200)
  assert.equal((await clerk.call('DELETE', grantPath('job'))).status, 204)
})

test('would_escalate: nobody creates a client that may do more than they', async () => {
  assertEscalation(
    await clerk.call('POST', '/admin/v1/clients', { client_id: 'puppet', grants: [adminGrant('admin:apis:write')] }),
  )
  assert.equal((await credence.manage('GET', '/clients/puppet')).status, 404)
})

test('would_escalate: nobody takes a secret of a client that may do more than they', async () => {
  assertEscalation(await clerk.call('POST', '/admin/v1/clients/root/credentials', {}))
})

test('would_escalate: nobody weakens, disables, deletes or unseats a client that may do more than they', async () => {
  assertEscalation(await clerk.call('PATCH', '/admin/v1/clients/root', { disabled: true }))
  assertEscalation(await clerk.call('DELETE', '/admin/v1/clients/root'))
  assertEscalation(await clerk.call('DELETE', grantPath('root')))
  assertEscalation(await clerk.call('PUT', grantPath('root'), { scopes: ['admin:clients:read'] }))
  assertEscalation(await clerk.call('DELETE', `/admin/v1/clients/root/credentials/${root.credential_id}`))
  assertEscalation(await clerk.call('PUT', grantPath('root', orders), { scopes: ['orders:read'] }))
  assert.equal((await askToken(credence, root)).status, 200)
})

test('would_escalate: a credential of one client is not revoked through the path of another', async () => {
  const answer = await clerk.call('DELETE', `/admin/v1/clients/job/credentials/${root.credential_id}`)
  assert.equal(answer.status, 404)
  assert.equal((await askToken(credence, root)).status, 200)
})

test('would_escalate: whoever manages business clients needs nothing more', async () => {
  const made = await clerk.call('POST', '/admin/v1/clients', {
    client_id: 'report',
    grants: [{ audience: orders, scopes: ['orders:read'] }],
  })
  assert.equal(made.status, 201, made.body)
  assert.equal((await clerk.call('POST', '/admin/v1/clients/report/credentials', { label: 'b' })).status, 201)
  assert.equal((await clerk.call('PATCH', '/admin/v1/clients/report', { disabled: true })).status, 200)
  assert.equal((await clerk.call('DELETE', '/admin/v1/clients/report')).status, 204)
})

test('built_in: the management API’s own audience can be neither changed, deleted nor made again', async () => {
  const path = `/apis/${encodeURIComponent(adminAudience)}`
  const before = (await credence.manage('GET', path)).body
  assert.equal(jsonOf(await credence.manage('PATCH', path, { scopes: ['x'] })).code, 'built_in')
  assert.equal(jsonOf(await credence.manage('DELETE', path)).code, 'built_in')
  const again = await credence.manage('POST', '/apis', { audience: adminAudience, scopes: ['x'] })
  assert.equal(jsonOf(again).code, 'already_exists')
  assert.equal((await credence.manage('GET', path)).body, before)
})

test('A3: a grant of a scope that the API does not have is refused, and so is a client with one', async () => {
  const answer = await credence.manage('PUT', grantPath('job', orders).slice('/admin/v1'.length), {
    scopes: ['orders:all'],
  })
  assert.equal(jsonOf(answer).code, 'invalid_request')
  const client = { client_id: 'half', grants: [{ audience: orders, scopes: ['orders:all'] }] }
  assert.equal((await credence.manage('POST', '/clients', client)).status, 400)
  // all or nothing
  assert.equal((await credence.manage('GET', '/clients/half')).status, 404)
})

test('A3: a default_scope gives nothing that is not granted', async () => {
  const client = await credence.createClient({
    client_id: 'hopeful',
    grants: [{ audience: orders, scopes: ['orders:read'] }],
    default_scope: ['admin:clients:write'],
  })
  assertRefused(await askToken(credence, client), 'invalid_scope')
})
