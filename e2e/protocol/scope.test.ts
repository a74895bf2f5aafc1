import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { jsonOf } from '../support/http.ts'
import { askToken, assertRefused } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)
const audience = 'https://orders.example.com'
// every character that RFC 6749 §3.3 allows in a scope-token
const everyCharacter = Array.from({ length: 0x7e - 0x21 + 1 }, (_, index) => String.fromCharCode(0x21 + index))
  .filter((character) => character !== '"' && character !== '\\')
  .join('')
await credence.createApi({ audience, scopes: ['orders:read', 'orders:write', 'orders:admin', everyCharacter] })
const job = await credence.createClient({
  client_id: 'job',
  grants: [{ audience, scopes: ['orders:read', 'orders:write', everyCharacter] }],
})
const reader = await credence.createClient({
  client_id: 'reader',
  grants: [{ audience, scopes: ['orders:read', 'orders:write'] }],
  default_scope: ['orders:read'],
})

const granted = async (client: typeof job, form = {}) => {
  const answer = await askToken(credence, client, form)
  assert.equal(answer.status, 200, answer.body)
  return jsonOf(answer).scope
}

test('RFC 6749 §3.3: what was granted is echoed in scope, in the order asked for and each once', async () => {
  assert.equal(await granted(job, { scope: 'orders:read' }), 'orders:read')
  assert.equal(await granted(job, { scope: 'orders:write orders:read' }), 'orders:write orders:read')
  assert.equal(await granted(job, { scope: 'orders:read orders:read' }), 'orders:read')
})

test('RFC 6749 §3.3: every character of scope-token is carried unchanged', async () => {
  assert.equal(await granted(job, { scope: everyCharacter }), everyCharacter)
})

test('RFC 6749 §3.3: scope omitted → all that the client is granted on that API, and the answer says so', async () => {
  assert.equal(await granted(job), `orders:read orders:write ${everyCharacter}`)
})

test('RFC 6749 §3.3: scope omitted by a client that has a default_scope → that', async () => {
  assert.equal(await granted(reader), 'orders:read')
  assert.equal(await granted(reader, { scope: 'orders:write' }), 'orders:write')
})

for (const scope of [
  'orders:admin',
  'orders:read orders:admin',
  'orders:admin orders:read',
  'orders:delete',
  'orders',
]) {
  test(`RFC 6749 §5.2: scope ${JSON.stringify(scope)}, not granted in full → invalid_scope that names what is not`, async () => {
    const description = assertRefused(await askToken(credence, job, { scope }), 'invalid_scope')
    const missing = scope.split(' ').filter((token) => token !== 'orders:read')
    for (const token of missing) assert.ok(description.endsWith(`: ${token}`), description)
  })
}

const malformed = [
  'orders:read  orders:write',
  ' orders:read',
  'orders:read ',
  ' ',
  'orders:read\torders:write',
  'a"b',
  'a\\b',
]
for (const scope of malformed) {
  test(`RFC 6749 §3.3: scope ${JSON.stringify(scope)} is not tokens separated by one space → invalid_scope`, async () => {
    assertRefused(await askToken(credence, job, { scope }), 'invalid_scope')
  })
}

test('a scope taken away from a grant, or from the API itself, is refused from then on', async () => {
  const other = 'https://stock.example.com'
  await credence.createApi({ audience: other, scopes: ['stock:read', 'stock:write', 'stock:count'] })
  const counter = await credence.createClient({
    client_id: 'counter',
    grants: [{ audience: other, scopes: ['stock:read', 'stock:write', 'stock:count'] }],
  })
  assert.equal(await granted(counter), 'stock:read stock:write stock:count')
  const path = `/clients/counter/grants/${encodeURIComponent(other)}`
  assert.equal((await credence.manage('PUT', path, { scopes: ['stock:read', 'stock:count'] })).status, 200)
  assertRefused(await askToken(credence, counter, { scope: 'stock:write' }), 'invalid_scope')
  const api = `/apis/${encodeURIComponent(other)}`
  assert.equal((await credence.manage('PATCH', api, { scopes: ['stock:read', 'stock:write'] })).status, 200)
  assertRefused(await askToken(credence, counter, { scope: 'stock:count' }), 'invalid_scope')
  assert.equal(await granted(counter), 'stock:read')
})
