import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { jsonOf } from '../support/http.ts'
import { askToken, assertRefused } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)
const audience = 'https://orders.example.com'
await credence.createApi({ audience, scopes: ['orders:read'], token_ttl_seconds: 300 })
const grants = [{ audience, scopes: ['orders:read'] }]

const createWithQuota = async (client_id: string, quota: object) => {
  const client = await credence.createClient({ client_id, grants })
  const answer = await credence.manage('PATCH', `/clients/${client_id}`, { quota })
  assert.equal(answer.status, 200, answer.body)
  return client
}

test('RFC 6585 §4: beyond its quota a client is answered 429 with Retry-After, and told to keep the token', async () => {
  const client = await createWithQuota('enforced', { tokens_per_minute: 2 })
  for (const _ of [1, 2]) assert.equal((await askToken(credence, client)).status, 200)
  const refused = await askToken(credence, client)
  const description = assertRefused(refused, 'temporarily_unavailable', 429)
  assert.match(description, /2 tokens a minute.*keep the token.*lives 300 seconds/)
  const seconds = Number(refused.headers['retry-after'])
  assert.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 30, `${seconds}`)
})

test('a quota is of one client: another goes on, and so does the same one when its quota is taken away', async () => {
  const [one, other] = [
    await createWithQuota('one', { tokens_per_minute: 1 }),
    await createWithQuota('other', { tokens_per_minute: 1 }),
  ]
  assert.equal((await askToken(credence, one)).status, 200)
  assert.equal((await askToken(credence, one)).status, 429)
  assert.equal((await askToken(credence, other)).status, 200)
  assert.equal((await credence.manage('PATCH', '/clients/one', { quota: null })).status, 200)
  for (const _ of [1, 2, 3]) assert.equal((await askToken(credence, one)).status, 200)
})

test('in observe mode nothing is refused; what would have been is counted in metrics and shown in findings', async () => {
  const client = await createWithQuota('observed', { tokens_per_minute: 1, mode: 'observe' })
  for (const _ of [1, 2, 3]) assert.equal((await askToken(credence, client)).status, 200)
  const { items } = jsonOf(await credence.manage('GET', '/findings?client_id=observed&kind=quota_exceeded')) as {
    items: { severity: string; evidence: string }[]
  }
  assert.equal(items.length, 1)
  assert.equal(items[0]?.severity, 'info')
  assert.match(items[0]?.evidence ?? '', /^its quota of 1 a minute would have refused 2 requests in the last day/)
})

test('a request that is refused for another reason takes nothing from the quota', async () => {
  const client = await createWithQuota('wrong-scope', { tokens_per_minute: 1 })
  for (const _ of [1, 2, 3]) assertRefused(await askToken(credence, client, { scope: 'orders:write' }), 'invalid_scope')
  assert.equal((await askToken(credence, client)).status, 200)
})

test('RFC 7396: a change of a quota keeps what it does not name; a mode alone needs a quota', async () => {
  await createWithQuota('changed', { tokens_per_minute: 7, mode: 'observe' })
  const change = async (quota: object) => jsonOf(await credence.manage('PATCH', '/clients/changed', { quota })).quota
  assert.deepEqual(await change({ mode: 'enforce' }), { tokens_per_minute: 7, mode: 'enforce' })
  assert.deepEqual(await change({ tokens_per_minute: 9 }), { tokens_per_minute: 9, mode: 'enforce' })
  await credence.createClient({ client_id: 'without', grants })
  const refused = await credence.manage('PATCH', '/clients/without', { quota: { mode: 'observe' } })
  assert.equal(refused.status, 400)
  assert.match(String(jsonOf(refused).detail), /tokens_per_minute is missing/)
  for (const quota of [
    { tokens_per_minute: 0 },
    { tokens_per_minute: 1.5 },
    { tokens_per_minute: 1, mode: 'warn' },
    30,
  ]) {
    assert.equal((await credence.manage('PATCH', '/clients/changed', { quota })).status, 400, JSON.stringify(quota))
  }
})
