import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { makeFolder } from '../support/credence_process.ts'
import { assertRefused } from '../support/token.ts'
import { askWith, audience, createKey, makeAssertion, now, openRegistrar } from './setting.ts'

const folder = await makeFolder()
after(folder.dispose)
const options = { args: ['--issuer', 'https://auth.example.com'], data: folder.path }

test('A1: what a lost machine had claimed is refused by the next one; a restart of the process refuses nothing new', async () => {
  const first = await startCredence(options)
  await first.createApi({ audience, scopes: ['orders:read'] })
  const registrar = await openRegistrar(first)
  const key = createKey()
  const job = { clientId: 'job', issuer: first.issuer }
  await registrar.register('job', { jwks: { keys: [key.publicJwk] } })
  await registrar.close()
  const used = makeAssertion(key, job, { claims: { exp: now() + 300 } })
  assert.equal((await askWith(first, used)).status, 200)
  await first.stop()

  const second = await startCredence(options)
  assertRefused(await askWith(second, used), 'invalid_client')
  assert.equal((await askWith(second, makeAssertion(key, job))).status, 200, 'the same machine has lost nothing')
  await second.stop()

  // another machine had the volume, and the last that it wrote went with it
  const database = new DatabaseSync(join(folder.path, 'credence.db'))
  database.exec("delete from replay where entry not like 'machine %'; update replay set entry = 'machine other'")
  database.close()
  for (const start of ['first', 'second']) {
    const third = await startCredence(options)
    assertRefused(await askWith(third, used), 'invalid_client')
    assert.match(third.output(), /issued before .* another took over/, `${start} start`)
    await third.stop()
  }
})
