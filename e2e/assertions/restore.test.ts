import assert from 'node:assert/strict'
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startCredence } from '../support/credence.ts'
import { makeFolder } from '../support/credence_process.ts'
import { runCommand } from '../support/run_command.ts'
import { assertRefused } from '../support/token.ts'
import { askWith, audience, createKey, makeAssertion, now, openRegistrar } from './setting.ts'

const args = ['--issuer', 'https://auth.example.com']
const folder = await makeFolder()
after(folder.dispose)

test('D25: assertions issued before a restore are refused, used or not; those made after it get a token', async () => {
  const source = await startCredence({ args })
  after(source.dispose)
  await source.createApi({ audience, scopes: ['orders:read'] })
  const registrar = await openRegistrar(source)
  const key = createKey()
  const job = { clientId: 'job', issuer: source.issuer }
  await registrar.register('job', { jwks: { keys: [key.publicJwk] } })
  await registrar.close()
  const backup = join(folder.path, 'backup.gz')
  assert.equal((await runCommand(['backup', backup, '--data', source.data])).code, 0)
  // used after the backup, so that nothing in it can say so
  const used = makeAssertion(key, job, { claims: { exp: now() + 300 } })
  const withoutIat = makeAssertion(key, job, { claims: { exp: now() + 300, iat: undefined } })
  const unused = makeAssertion(key, job, { claims: { iat: now() + 8 } })
  for (const assertion of [used, withoutIat]) assert.equal((await askWith(source, assertion)).status, 200)
  await source.stop()

  const data = join(folder.path, 'restored')
  await mkdir(data)
  const restored = await runCommand(['restore', backup, '--data', data])
  assert.equal(restored.code, 0, restored.stderr)
  const latestRestore = now()
  await cp(join(source.data, 'master.key'), join(data, 'master.key'))
  for (const start of ['first', 'second'] as const) {
    const credence = await startCredence({ args, data })
    for (const assertion of [used, withoutIat, unused])
      assertRefused(await askWith(credence, assertion), 'invalid_client')
    assert.match(credence.output(), /issued before a backup was restored/)
    // ten seconds ahead, as any clock may be, it cannot have been made before: times are whole seconds
    while (now() <= latestRestore) await delay(50)
    const fresh = makeAssertion(key, job, { claims: { iat: now() + 10 } })
    assert.equal((await askWith(credence, fresh)).status, 200, start)
    assertRefused(await askWith(credence, fresh), 'invalid_client')
    await credence.stop()
  }
})
