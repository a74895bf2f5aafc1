import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { after, test } from 'node:test'
import { startPostgres } from '../../packages/storage/src/testing/embedded_postgres.ts'
import { startCredence } from '../support/credence.ts'
import { askToken, assertRefused, getToken, verifyWithJose } from '../support/token.ts'

const postgres = await startPostgres()
after(postgres.stop)
const audience = 'https://orders.example.com'
const args = ['--database-url', await postgres.createDatabase(), '--issuer', 'https://auth.example.com']

test('contract, --database-url: the whole road on PostgreSQL, and again after a restart', async () => {
  const credence = await startCredence({ args })
  await credence.createApi({ audience, scopes: ['orders:read', 'orders:write'] })
  const grants = [{ audience, scopes: ['orders:read'] }]
  const job = await credence.createClient({ client_id: 'job', grants })
  await verifyWithJose(credence, await getToken(credence, job), { audience })
  assertRefused(await askToken(credence, job, { scope: 'orders:write' }), 'invalid_scope')
  assert.ok(!(await readdir(credence.data)).includes('credence.db'))
  assert.equal(await credence.stop(), 0)

  const again = await startCredence({ args, data: credence.data })
  await verifyWithJose(again, await getToken(again, job), { audience })
  await again.manage('PATCH', '/clients/job', { disabled: true })
  assertRefused(await askToken(again, job), 'invalid_client')
  await again.stop()
  await credence.dispose()
})

test('contract, --database-url: two servers over one database see each other’s changes within 5 s', async () => {
  const shared = ['--database-url', await postgres.createDatabase(), '--issuer', 'https://auth.example.com']
  const key = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')
  const environment = { CREDENCE_MASTER_KEY: key }
  const first = await startCredence({ args: shared, environment })
  const second = await startCredence({ args: shared, environment })
  try {
    await first.createApi({ audience, scopes: ['x'] })
    const job = await first.createClient({ client_id: 'job', grants: [{ audience, scopes: ['x'] }] })
    await verifyWithJose(first, await getToken(second, job), { audience })
    await first.manage('PATCH', '/clients/job', { disabled: true })
    const deadline = performance.now() + 5_000
    let answer = await askToken(second, job)
    while (answer.status === 200 && performance.now() < deadline) answer = await askToken(second, job)
    assertRefused(answer, 'invalid_client')
  } finally {
    await first.dispose()
    await second.dispose()
  }
})
