import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { until } from '../declarative/until.ts'
import { startCredence } from '../support/credence.ts'
import { revoke } from '../support/introspection.ts'
import { createAdminCaller } from '../support/management.ts'
import { runCommand } from '../support/run_command.ts'
import { getToken } from '../support/token.ts'
import { audience, createOrders, decode } from './orders_verifier.ts'

const credence = await startCredence()
after(credence.dispose)
await credence.createApi({ audience, scopes: ['orders:read'] })
const reader = await credence.createClient({ client_id: 'orders-api', serves: [audience] })
const { public: listener, issuer } = credence
const orders = createOrders({ url: listener.url, issuer, reader })
after(orders.close)
await until(
  () => orders.feed.status().state === 'connected',
  () => JSON.stringify(orders.feed.status()),
)

let made = 0
const createJob = () =>
  credence.createClient({ client_id: `job-${made++}`, grants: [{ audience, scopes: ['orders:read'] }] })

/** Accepted, and kept: whatever is refused from now on is refused on a cache hit. */
const acceptedToken = async (job: Awaited<ReturnType<typeof createJob>>) => {
  const token = await getToken(credence, job)
  assert.equal(await orders.verify(token), 'accepted')
  return token
}

const untilRevoked = (token: string) =>
  until(
    async () => (await orders.verify(token)) === 'revoked',
    () => JSON.stringify(orders.feed.status()),
  )

test('a disabled client’s token is refused, another client’s goes on', async () => {
  const [job, other] = [await createJob(), await createJob()]
  const [token, spared] = [await acceptedToken(job), await acceptedToken(other)]
  assert.equal((await credence.manage('PATCH', `/clients/${job.client_id}`, { disabled: true })).status, 200)
  await untilRevoked(token)
  assert.equal(await orders.verify(spared), 'accepted')
})

test('a revoked credential’s tokens are refused, those of the client’s other credential go on', async () => {
  const job = await createJob()
  const added = await credence.manage('POST', `/clients/${job.client_id}/credentials`, {})
  const second = { client_id: job.client_id, ...JSON.parse(added.body) } as typeof job
  const [token, spared] = [await acceptedToken(job), await acceptedToken(second)]
  const { code, stderr } = await runCommand(['revoke', '--credential', job.credential_id, '--data', credence.data])
  assert.equal(code, 0, stderr)
  await untilRevoked(token)
  assert.equal(await orders.verify(spared), 'accepted')
})

test('RFC 7009 §2: a token that its client revokes is refused, another of its tokens goes on', async () => {
  const job = await createJob()
  const [token, spared] = [await acceptedToken(job), await acceptedToken(job)]
  assert.equal((await revoke(credence, job, token)).status, 200)
  await untilRevoked(token)
  assert.equal(await orders.verify(spared), 'accepted')
})

test('credence revoke --client --before: what was issued earlier is refused, what was issued later goes on', async () => {
  const job = await createJob()
  const token = await acceptedToken(job)
  await until(
    () => Date.now() >= (decode(token).iat + 1) * 1000,
    () => 'the second did not end',
  )
  const later = await acceptedToken(job)
  const before = new Date((decode(token).iat + 1) * 1000).toISOString()
  const { code, stderr } = await runCommand([
    'revoke',
    ...['--client', job.client_id, '--before', before, '--data', credence.data],
  ])
  assert.equal(code, 0, stderr)
  await untilRevoked(token)
  assert.equal(await orders.verify(later), 'accepted')
})

test('a resource server that starts later refuses what was revoked before, from its first request on', async () => {
  const job = await createJob()
  const token = await acceptedToken(job)
  assert.equal((await revoke(credence, job, token)).status, 200)
  const started = createOrders({ url: listener.url, issuer, reader })
  assert.equal(await started.verify(token), 'revoked')
  started.close()
})

test('an access token for the management API follows the feed as well', async () => {
  const job = await createJob()
  const token = await acceptedToken(job)
  const admin = await createAdminCaller(credence, 'follower', ['admin:revocations:read'])
  const { revocationFeed } = await import('@credence/verifier')
  const feed = revocationFeed({ issuer, authorization: () => admin.token })
  feed.start()
  assert.equal((await revoke(credence, job, token)).status, 200)
  const { jti, iat } = decode(token)
  const revocable = { iss: issuer, jti, iat, clientId: job.client_id, credentialId: job.credential_id, aud: audience }
  await until(
    () => feed.isRevoked(revocable),
    () => JSON.stringify(feed.status()),
  )
  feed.close()
})

test('a client that serves no API, and one that is not known, follow nothing, and say why', async () => {
  const job = await createJob()
  for (const [stranger, reason] of [
    [job, /status 403: the client must serve this API/],
    [{ ...reader, client_secret: 'wrong' }, /status 401/],
  ] as const) {
    const subject = createOrders({ url: listener.url, issuer, reader: stranger, feed: { onUnavailable: 'refuse' } })
    assert.equal(await subject.verify(await getToken(credence, job)), 'revocation_unknown')
    assert.match(subject.feed.status().fault ?? '', reason)
    subject.close()
  }
})
