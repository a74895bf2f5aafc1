import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { until } from '../declarative/until.ts'
import { startCredence } from '../support/credence.ts'
import { basicOf, documentOf, readFeed, revoke } from '../support/introspection.ts'
import { getToken } from '../support/token.ts'
import { audience, createOrders } from './orders_verifier.ts'
import { createRevocationProxy } from './revocation_proxy.ts'

const issuer = 'https://auth.example.com'
let credence = await startCredence({ args: ['--issuer', issuer] })
after(() => credence.dispose())
await credence.createApi({ audience, scopes: ['orders:read'] })
const job = await credence.createClient({ client_id: 'job', grants: [{ audience, scopes: ['orders:read'] }] })
const reader = await credence.createClient({ client_id: 'orders-api', serves: [audience] })
const proxy = await createRevocationProxy(credence.public.url)
after(proxy.close)

const follow = () => {
  const orders = createOrders({ url: proxy.url, issuer, reader, feed: { pollSeconds: 1 } })
  const untilState = (state: string) =>
    until(
      () => orders.feed.status().state === state,
      () => JSON.stringify(orders.feed.status()),
    )
  const untilRevoked = (token: string) =>
    until(
      async () => (await orders.verify(token)) === 'revoked',
      () => JSON.stringify(orders.feed.status()),
    )
  return { ...orders, untilState, untilRevoked }
}

const revokedToken = async () => {
  const token = await getToken(credence, job)
  assert.equal((await revoke(credence, job, token)).status, 200)
  return token
}

test('a cut stream is taken up again without loss: what was revoked meanwhile is known after', async () => {
  const orders = follow()
  assert.equal(await orders.verify(await getToken(credence, job)), 'accepted')
  await orders.untilState('connected')
  proxy.mode = 'down'
  proxy.cut()
  const token = await revokedToken()
  await orders.untilState('away')
  assert.equal(await orders.verify(token), 'accepted', 'the default while the feed is away')
  proxy.mode = 'pass'
  await orders.untilRevoked(token)
  await orders.untilState('connected')
  orders.close()
})

test('a proxy that keeps streams back or refuses them: the feed is polled', async () => {
  for (const mode of ['buffer', 'noStreams'] as const) {
    proxy.mode = mode
    const orders = follow()
    await orders.untilState('polling')
    const token = await revokedToken()
    await orders.untilRevoked(token)
    assert.equal(orders.feed.status().state, 'polling')
    orders.close()
    proxy.mode = 'pass'
  }
})

test('a proxy that cuts every stream soon after it began: polled after the second', async () => {
  const orders = follow()
  await orders.untilState('connected')
  const { streams } = proxy.asked
  proxy.cut()
  await until(
    () => proxy.asked.streams > streams,
    () => 'no second stream',
  )
  await orders.untilState('connected')
  proxy.cut()
  const token = await revokedToken()
  await orders.untilRevoked(token)
  await orders.untilState('polling')
  orders.close()
})

test('the server starts again: the stream is taken up where it was, and what was denied stays so', async () => {
  const orders = follow()
  const earlier = await revokedToken()
  await orders.untilRevoked(earlier)
  await orders.untilState('connected')
  const { cursor } = orders.feed.status()
  await credence.stop()
  await orders.untilState('away')
  assert.equal(await orders.verify(earlier), 'revoked')
  const { data, dispose } = credence
  const started = await startCredence({ args: ['--issuer', issuer], data })
  credence = {
    ...started,
    dispose: async () => {
      await started.dispose()
      await dispose()
    },
  }
  proxy.target = credence.public.url
  await orders.untilState('connected')
  assert.notEqual(cursor, undefined)
  const later = await revokedToken()
  await orders.untilRevoked(later)
  assert.equal(await orders.verify(earlier), 'revoked')
  orders.close()
})

test('property: whatever the order of revocations, cuts, polls and outages, what is held is what the server has', async () => {
  const step = fc.constantFrom('revoke', 'revoke', 'cut', 'noStreams', 'down', 'pass')
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
      const orders = follow()
      for (const each of steps) {
        if (each === 'revoke') await revokedToken()
        else if (each === 'cut') proxy.cut()
        else {
          proxy.mode = each
          if (each !== 'pass') proxy.cut()
        }
      }
      proxy.mode = 'pass'
      const { revoked } = documentOf(await readFeed(credence, basicOf(reader)))
      const isHeld = async ({ iss, jti }: { readonly iss: string; readonly jti: string }) =>
        orders.feed.isRevoked({ iss, jti, clientId: 'x', credentialId: undefined, aud: audience, iat: 0 })
      await until(
        async () => (await Promise.all(revoked.map(isHeld))).every((held) => held),
        () => `${steps} ${JSON.stringify(orders.feed.status())}`,
      )
      assert.equal(orders.feed.status().entries, revoked.length)
      orders.close()
    }),
    { numRuns: 5 },
  )
})
