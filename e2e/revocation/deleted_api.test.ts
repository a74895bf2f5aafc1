import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startCredence, type TestClient } from '../support/credence.ts'
import { type HttpAnswer, jsonOf } from '../support/http.ts'
import { basicOf, introspect, readFeed } from '../support/introspection.ts'
import { assertRefused, getToken } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)

const createServed = async (audience: string, client_id: string): Promise<TestClient> => {
  await credence.createApi({ audience, scopes: ['x'] })
  return credence.createClient({ client_id, serves: [audience] })
}

/** Makes an API of the same audience again, and asserts that a client learns nothing of its tokens. */
const assertServesNoneOfThatName = async (audience: string, server: TestClient) => {
  await credence.createApi({ audience, scopes: ['x'] })
  const job = await credence.createClient({
    client_id: `job-of-${server.client_id}`,
    grants: [{ audience, scopes: ['x'] }],
  })
  assert.deepEqual(await introspect(credence, server, await getToken(credence, job)), { active: false })
  assertRefused(await readFeed(credence, basicOf(server)), 'unauthorized_client', 403)
}

const lastAudit = async (action: string) => {
  const answer = await credence.manage('GET', `/audit-events?action=${action}&limit=1`)
  return jsonOf(answer).items
}

const assertDone = ({ status, body }: HttpAnswer) => assert.ok(status === 200 || status === 204, body)

test('contract, --serves: a client serves the API that it was told to, and not a later one of the same audience', async () => {
  const audience = 'https://orders.example.com'
  const server = await createServed(audience, 'orders-api')
  assert.equal((await readFeed(credence, basicOf(server))).status, 200)
  const before = await credence.manage('GET', '/clients/orders-api')
  assertDone(await credence.manage('DELETE', `/apis/${encodeURIComponent(audience)}`))

  assertRefused(await readFeed(credence, basicOf(server)), 'unauthorized_client', 403)
  const now = await credence.manage('GET', '/clients/orders-api')
  assert.deepEqual([jsonOf(before).serves, jsonOf(now).serves], [[audience], undefined])
  assert.notEqual(now.headers.etag, before.headers.etag)
  assert.match(JSON.stringify(await lastAudit('api.delete')), /"served_by":\["orders-api"\]/)
  await assertServesNoneOfThatName(audience, server)
})

test('contract, --serves: so it is too when a declarative file lets go of the API, and the audit log tells of it', async () => {
  const audience = 'https://declared.example.com'
  const server = await createServed(audience, 'declared-api')
  const apply = (apis: readonly object[], prune: boolean) =>
    credence.manage('POST', '/apply', { document: { apis }, prune })
  assertDone(await apply([{ audience, scopes: ['x'] }], false))
  assert.equal((await readFeed(credence, basicOf(server))).status, 200)
  assertDone(await apply([], true))
  assert.match(JSON.stringify(await lastAudit('api.delete')), /declared\.example.*"served_by":\["declared-api"\]/)
  await assertServesNoneOfThatName(audience, server)
})
