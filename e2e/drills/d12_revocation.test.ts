import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startPostgres } from '../../packages/storage/src/testing/embedded_postgres.ts'
import { type RunningCredence, startCredence } from '../support/credence.ts'
import { introspect } from '../support/introspection.ts'
import { getToken } from '../support/token.ts'
import { type D12, runD12, verifierPollMs } from './d12_revocation.ts'

const audience = 'https://orders.example.com'

const fill = async (credence: RunningCredence) => {
  await credence.createApi({ audience, scopes: ['orders:read'] })
  const job = await credence.createClient({ client_id: 'job', grants: [{ audience, scopes: ['orders:read'] }] })
  const reader = await credence.createClient({ client_id: 'reader', serves: [audience] })
  return { job, reader }
}

const show = (what: string, { pushedAfterMs, polledAfterMs, refusedAfterMs, refusedByPollAfterMs }: D12) => {
  const worst = (list: readonly number[]) => Math.round(list.at(-1) ?? Number.NaN)
  console.log(`D12 ${what}: pushed within ${worst(pushedAfterMs)} ms, polled within ${worst(polledAfterMs)} ms`)
  console.log(
    `D12 ${what}: a verifier on the stream refuses within ${worst(refusedAfterMs)} ms, one without within ${worst(refusedByPollAfterMs)} ms`,
  )
}

test('D12: introspection says inactive at once, a verifier on the feed refuses within a second, one whose feed is cut within its poll', async () => {
  const credence = await startCredence()
  try {
    const found = await runD12({ at: credence, readAt: credence, ...(await fill(credence)) }, 10)
    show('one server', found)
    assert.equal(found.inactiveAtOnce, true)
    assert.equal(found.pushedAfterMs.length, 10)
    assert.ok(
      found.pushedAfterMs.every((ms) => ms < 1_000),
      `${found.pushedAfterMs}`,
    )
    assert.equal(found.refusedAfterMs.length, 10)
    assert.ok(
      found.refusedAfterMs.every((ms) => ms < 1_000),
      `${found.refusedAfterMs}`,
    )
    assert.equal(found.refusedByPollAfterMs.length, 10)
    assert.ok(
      // beside the poll itself, one question and its answer
      found.refusedByPollAfterMs.every((ms) => ms < verifierPollMs + 500),
      `${found.refusedByPollAfterMs}`,
    )
  } finally {
    await credence.dispose()
  }
})

test('D12: over two servers on one PostgreSQL the same within the follower’s interval, mostly within a second, since PostgreSQL tells of changes', async () => {
  const postgres = await startPostgres()
  after(postgres.stop)
  const args = ['--database-url', await postgres.createDatabase(), '--issuer', 'https://auth.example.com']
  const environment = {
    CREDENCE_MASTER_KEY: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64'),
  }
  const first = await startCredence({ args, environment })
  const second = await startCredence({ args, environment })
  try {
    const setting = await fill(first)
    // the second server learns of the clients too
    await getToken(second, setting.job)
    const found = await runD12({ at: first, readAt: second, ...setting }, 3)
    show('two servers', found)
    assert.equal(found.inactiveAtOnce, true)
    assert.ok(
      found.refusedAfterMs.every((ms) => ms < 5_000),
      `${found.refusedAfterMs}`,
    )
    const [, median = Number.POSITIVE_INFINITY] = found.refusedAfterMs
    assert.ok(median < 1_000, `${found.refusedAfterMs}`)

    const token = await getToken(second, setting.job)
    await first.manage('PATCH', '/clients/job', { disabled: true })
    const deadline = performance.now() + 5_000
    let active: unknown = true
    while (active === true && performance.now() < deadline) {
      active = (await introspect(second, setting.reader, token)).active
    }
    assert.equal(active, false)
  } finally {
    await first.dispose()
    await second.dispose()
  }
})
