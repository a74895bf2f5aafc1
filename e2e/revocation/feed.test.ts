import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { jsonOf, sendHttp } from '../support/http.ts'
import { basicOf, documentOf, followFeed, readFeed, revoke } from '../support/introspection.ts'
import { createAdminCaller } from '../support/management.ts'
import { assertRefused, getToken } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)
const orders = 'https://orders.example.com'
const billing = 'https://billing.example.com'
await credence.createApi({ audience: orders, scopes: ['orders:read'] })
await credence.createApi({ audience: billing, scopes: ['billing:read'] })
const grants = [
  { audience: orders, scopes: ['orders:read'] },
  { audience: billing, scopes: ['billing:read'] },
]
const job = await credence.createClient({ client_id: 'job', grants })
const server = await credence.createClient({ client_id: 'orders-server', serves: [orders] })
const asServer = basicOf(server)
const auditor = await createAdminCaller(credence, 'auditor', ['admin:revocations:read'])
const asAuditor = { authorization: `Bearer ${auditor.token}` }

const decode = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
const revokeOne = async (audience: string) => {
  const token = await getToken(credence, job, { audience })
  assert.equal((await revoke(credence, job, token)).status, 200)
  const { iss, jti, exp } = decode(token)
  return { iss, jti, exp }
}

test('contract, the feed: the document has exactly the members it should have, and only what is new since a cursor', async () => {
  const first = await revokeOne(orders)
  const answer = await readFeed(credence, asServer)
  assert.equal(answer.headers['content-type'], 'application/json')
  assert.equal(answer.headers['cache-control'], 'no-store')
  const { cursor, ...rest } = documentOf(answer)
  assert.deepEqual(rest, { revoked: [first], cutoffs: [] })
  assert.deepEqual(documentOf(await readFeed(credence, asServer, cursor)), { cursor, revoked: [], cutoffs: [] })

  const issuedBefore = Math.floor(Date.now() / 1000)
  for (const body of [
    { client_id: 'job', issued_before: issuedBefore },
    { credential_id: job.credential_id, issued_before: issuedBefore },
    { audience: orders, issued_before: issuedBefore },
  ]) {
    assert.equal((await credence.manage('POST', '/revocations', body)).status, 201)
  }
  const next = documentOf(await readFeed(credence, asServer, cursor))
  const common = { iss: credence.issuer, issued_before: issuedBefore }
  assert.deepEqual(next.cutoffs, [
    { ...common, client_id: 'job' },
    { ...common, credential_id: job.credential_id },
    { ...common, aud: orders },
  ])
})

test('a resource server reads of its own API alone, an admin token with the scope of all', async () => {
  const { cursor } = documentOf(await readFeed(credence, asAuditor))
  const own = await revokeOne(orders)
  const foreign = await revokeOne(billing)
  assert.deepEqual(documentOf(await readFeed(credence, asServer, cursor)).revoked, [own])
  assert.deepEqual(documentOf(await readFeed(credence, asAuditor, cursor)).revoked, [own, foreign])
})

test('nobody reads the feed without being a resource server or having the scope', async () => {
  assertRefused(await readFeed(credence, {}), 'invalid_client')
  assertRefused(await readFeed(credence, basicOf({ ...server, client_secret: 'wrong' })), 'invalid_client')
  assertRefused(await readFeed(credence, basicOf(job)), 'unauthorized_client', 403)
  const other = await createAdminCaller(credence, 'other', ['admin:clients:read'])
  assertRefused(await readFeed(credence, { authorization: `Bearer ${other.token}` }), 'insufficient_scope', 403)
  const answer = await sendHttp(credence.public, { method: 'POST', path: '/oauth/revocations', headers: asServer })
  assert.equal(answer.status, 405)
})

test('a cursor of another database, of the future or of nothing → 410: begin again without one', async () => {
  const { cursor } = documentOf(await readFeed(credence, asServer))
  const [version, database] = cursor.split('.')
  for (const bad of ['x', '5', `${version}.AAAAAAAAAAAA`, `${Number(version) + 1_000}.${database}`, `-1.${database}`]) {
    assertRefused(await readFeed(credence, asServer, bad), 'invalid_request', 410)
    const stream = await followFeed(credence, asServer, bad)
    assert.equal(stream.status, 410)
    stream.close()
  }
  const twice = await sendHttp(credence.public, { path: '/oauth/revocations?since=1&since=2', headers: asServer })
  assertRefused(twice, 'invalid_request')
})

test('server-sent events: the first event says where the feed stands, later ones come by themselves, Last-Event-ID resumes', async () => {
  const stream = await followFeed(credence, asServer)
  assert.equal(stream.status, 200)
  assert.equal(stream.headers['content-type'], 'text/event-stream')
  await stream.waitFor(() => true)
  const own = await revokeOne(orders)
  const event = await stream.waitFor(({ document }) => document.revoked.some(({ jti }) => jti === own.jti))
  assert.deepEqual(event.document, { cursor: event.id, revoked: [own], cutoffs: [] })
  stream.close()

  await revokeOne(billing)
  const missed = await revokeOne(orders)
  const again = await followFeed(credence, asServer, event.id)
  const first = await again.waitFor(() => true)
  assert.deepEqual(first.document.revoked, [missed])
  again.close()

  const head = await sendHttp(credence.public, {
    method: 'HEAD',
    path: '/oauth/revocations',
    headers: { ...asServer, accept: 'text/event-stream' },
  })
  assert.equal(head.status, 200)
})

test('pages are bounded: a reader asks again until both lists are empty, and misses nothing', async () => {
  const { cursor } = documentOf(await readFeed(credence, asServer))
  const exp = Math.floor(Date.now() / 1000) + 600
  const made = Array.from({ length: 2_100 }, (_, index) => `bulk-${index}`)
  for (let at = 0; at < made.length; at += 50) {
    await Promise.all(made.slice(at, at + 50).map((jti) => credence.manage('POST', '/revocations', { jti, exp })))
  }
  const seen: string[] = []
  let at = cursor
  for (;;) {
    const page = documentOf(await readFeed(credence, asServer, at))
    assert.ok(page.revoked.length <= 2_000)
    if (page.revoked.length + page.cutoffs.length === 0) break
    seen.push(...page.revoked.map(({ jti }) => jti))
    at = page.cursor
  }
  assert.deepEqual(seen.toSorted(), made.toSorted())
  const stream = await followFeed(credence, asServer, cursor)
  await stream.waitFor(() => stream.events.flatMap(({ document }) => document.revoked).length === made.length)
  stream.close()
})

test('D1: a stream does not hold up the end of the server, and its cursor is good for the next one', async () => {
  const first = await startCredence()
  await first.createApi({ audience: orders, scopes: ['orders:read'] })
  const reader = await first.createClient({ client_id: 'reader', serves: [orders] })
  const stream = await followFeed(first, basicOf(reader))
  const { id } = await stream.waitFor(() => true)
  const startedAt = performance.now()
  assert.equal(await first.stop(), 0)
  await stream.ended
  assert.ok(performance.now() - startedAt < 10_000)
  const second = await startCredence({ data: first.data })
  assert.equal((await readFeed(second, basicOf(reader), id)).status, 200)
  assert.equal(jsonOf(await readFeed(second, basicOf(reader), id)).cursor !== undefined, true)
  await second.stop()
  await first.dispose()
})
