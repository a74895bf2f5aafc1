import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { introspect, revoke } from '../support/introspection.ts'
import { assertRefused, getToken } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)
const audience = 'https://orders.example.com'
await credence.createApi({ audience, scopes: ['orders:read'] })
const job = await credence.createClient({ client_id: 'job', grants: [{ audience, scopes: ['orders:read'] }] })

test('A6: revocation during a storage failure is 503 with Retry-After, never 200; afterwards it works', async () => {
  const token = await getToken(credence, job)
  const intruder = new DatabaseSync(join(credence.data, 'credence.db'))
  intruder.exec('begin immediate')
  try {
    const answer = await revoke(credence, job, token)
    assertRefused(answer, 'temporarily_unavailable', 503)
    assert.match(String(answer.headers['retry-after']), /^\d+$/)
    assert.equal((await introspect(credence, job, token)).active, true)
  } finally {
    intruder.exec('rollback')
    intruder.close()
  }
  assert.equal((await revoke(credence, job, token)).status, 200)
  assert.deepEqual(await introspect(credence, job, token), { active: false })
})
