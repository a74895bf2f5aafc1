import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { askToken, assertRefused, getToken, verifyWithJose } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)
const orders = 'https://orders.example.com/v1'
const stock = 'urn:example:stock'
const mail = 'https://mail.example.com'
await credence.createApi({ audience: orders, scopes: ['orders:read', 'report:run'] })
await credence.createApi({ audience: stock, scopes: ['stock:read', 'report:run'] })
await credence.createApi({ audience: mail, scopes: ['mail:send'] })
const one = await credence.createClient({ client_id: 'one', grants: [{ audience: orders, scopes: ['orders:read'] }] })
const two = await credence.createClient({
  client_id: 'two',
  grants: [
    { audience: orders, scopes: ['orders:read', 'report:run'] },
    { audience: stock, scopes: ['stock:read', 'report:run'] },
  ],
})
const preset = await credence.createClient({
  client_id: 'preset',
  grants: [
    { audience: orders, scopes: ['orders:read'] },
    { audience: stock, scopes: ['stock:read'] },
  ],
  default_scope: ['stock:read'],
})
const none = await credence.createClient({ client_id: 'none' })

const audienceOf = async (client: typeof one, form: Parameters<typeof askToken>[2]) => {
  const token = await getToken(credence, client, form)
  const { payload } = await verifyWithJose(credence, token, { audience: [orders, stock, mail] })
  return payload.aud
}
/** Asserts invalid_target. Returns the description. */
const refused = async (client: typeof one, form: Parameters<typeof askToken>[2]): Promise<string> =>
  assertRefused(await askToken(credence, client, form), 'invalid_target')

test('RFC 8707 §2: resource names the API, and aud is exactly that', async () => {
  assert.equal(await audienceOf(two, { resource: orders }), orders)
  assert.equal(await audienceOf(two, { resource: stock }), stock)
})

test('audience means the same as resource', async () => {
  assert.equal(await audienceOf(two, { audience: stock }), stock)
})

test('both given and the same, or resource repeated with the same value: that API', async () => {
  assert.equal(await audienceOf(two, { resource: stock, audience: stock }), stock)
  assert.equal(
    await audienceOf(two, [
      ['resource', orders],
      ['resource', orders],
    ]),
    orders,
  )
})

test('both given and different → invalid_target', async () => {
  await refused(two, { resource: stock, audience: orders })
})

test('RFC 8707 §2: two resources → invalid_target: one token is for one audience', async () => {
  await refused(two, [
    ['resource', orders],
    ['resource', stock],
  ])
})

test('neither given: the single API that the client is granted', async () => {
  assert.equal(await audienceOf(one, {}), orders)
})

test('neither given: the single API to which all requested scopes belong', async () => {
  assert.equal(await audienceOf(two, { scope: 'stock:read' }), stock)
  assert.equal(await audienceOf(two, { scope: 'report:run orders:read' }), orders)
})

test('neither given, and the default_scope belongs to one API: that one', async () => {
  assert.equal(await audienceOf(preset, {}), stock)
})

test('neither given, and the scopes do not decide → invalid_target', async () => {
  await refused(two, {})
  await refused(two, { scope: 'report:run' })
  await refused(two, { scope: 'orders:read stock:read' })
  await refused(two, { scope: 'mail:send' })
})

test('a client that is granted nothing → invalid_target', async () => {
  await refused(none, {})
  await refused(none, { resource: orders })
})

test('RFC 8707 §2: an API that is not granted to this client → invalid_target, whether it exists or not, in the same words', async () => {
  const existing = await refused(one, { resource: mail })
  const unknown = await refused(one, { resource: 'https://nail.example.com' })
  assert.equal(existing.replace('mail', 'nail'), unknown)
})

test('a scope of one API asked for at another → invalid_scope', async () => {
  assertRefused(await askToken(credence, two, { resource: orders, scope: 'stock:read' }), 'invalid_scope')
})

const disguised = {
  'a trailing slash': `${orders}/`,
  'a fragment': `${orders}#x`,
  'an empty fragment': `${orders}#`,
  'a query': `${orders}?x`,
  capitals: orders.toUpperCase(),
  'a default port': 'https://orders.example.com:443/v1',
  'a dot segment': 'https://orders.example.com/./v1',
  'percent-encoding': 'https://orders.example.com/%761',
  'a blank': ` ${orders}`,
  'a NUL': `${orders}\0`,
  'two in one value': `${orders} ${stock}`,
  'a relative reference': '/v1',
  'a prefix': 'https://orders.example.com',
  'user information': 'https://x@orders.example.com/v1',
  'nothing but a word': 'orders',
  'the management API': 'urn:credence:admin',
}
for (const [title, resource] of Object.entries(disguised)) {
  test(`RFC 8707 §2, A3: resource with ${title} → invalid_target`, async () => {
    await refused(two, { resource })
  })
}

test('RFC 8707 §2: an audience that is no URI is granted by its exact name', async () => {
  await credence.createApi({ audience: 'billing', scopes: ['bill'] })
  const biller = await credence.createClient({
    client_id: 'biller',
    grants: [{ audience: 'billing', scopes: ['bill'] }],
  })
  const token = await getToken(credence, biller, { audience: 'billing' })
  assert.equal((await verifyWithJose(credence, token, { audience: 'billing' })).payload.aud, 'billing')
})
