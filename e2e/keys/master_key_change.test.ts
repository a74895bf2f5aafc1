import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type RunningCredence, startCredence } from '../support/credence.ts'
import { type Environment, makeFolder, spawnCredence } from '../support/credence_process.ts'
import { getToken, verifyWithJose } from '../support/token.ts'

const folder = await makeFolder()
after(folder.dispose)
const aKey = () => randomBytes(32).toString('base64')
const args = ['--issuer', 'https://auth.example.com']

/** A server with an API and a client, and a token of it; stopped again. */
const prepare = async (environment: Environment = {}) => {
  const credence = await startCredence({ args, environment })
  await credence.createApi({ audience: 'urn:a', scopes: ['x'] })
  const job = await credence.createClient({ client_id: 'job', grants: [{ audience: 'urn:a', scopes: ['x'] }] })
  const token = await getToken(credence, job)
  const works = async (again: RunningCredence) => {
    await verifyWithJose(again, token, { audience: 'urn:a' })
    await verifyWithJose(again, await getToken(again, job), { audience: 'urn:a' })
  }
  return { credence, works }
}

const fails = async (data: string, environment: Environment): Promise<string> => {
  const words = ['serve', '--port', '0', '--management-port', '0', '--data', data, ...args]
  const spawned = spawnCredence(words, { environment, cwd: folder.path })
  spawned.process.stdout?.once('data', () => spawned.process.kill('SIGTERM'))
  assert.equal(await spawned.ended, 78, spawned.stdout() + spawned.stderr())
  return spawned.stderr()
}

test('master key: a server that starts with both keys seals anew what only the previous one opens, says so, and needs it no more', async () => {
  const [old, fresh] = [aKey(), aKey()]
  const { credence, works } = await prepare({ CREDENCE_MASTER_KEY: old })
  await credence.stop()
  const { data } = credence
  const both = { CREDENCE_MASTER_KEY: fresh, CREDENCE_MASTER_KEY_PREVIOUS: old }
  assert.match(await fails(data, { ...both, CREDENCE_MASTER_KEY_PREVIOUS: aKey() }), /master key is not the one/)
  assert.match(await fails(data, { ...both, CREDENCE_MASTER_KEY_PREVIOUS: 'secret' }), /CREDENCE_MASTER_KEY_PREVIOUS/)

  const changing = await startCredence({ data, args, environment: both })
  assert.match(changing.output(), /sealed under the master key.*take the previous one out/)
  await works(changing)
  await changing.stop()

  assert.match(await fails(data, { CREDENCE_MASTER_KEY: old }), /master key is not the one/)
  const changed = await startCredence({ data, args, environment: { CREDENCE_MASTER_KEY: fresh } })
  await works(changed)
  await changed.stop()
  await credence.dispose()
})

test('master key: keys rewrap beside a running server, from master.key to a key given by file, and again without harm', async () => {
  const { credence, works } = await prepare()
  const { data } = credence
  const file = join(folder.path, 'new.key')
  await writeFile(file, aKey(), { mode: 0o600 })
  const environment = {
    CREDENCE_MASTER_KEY_FILE: file,
    CREDENCE_MASTER_KEY_PREVIOUS_FILE: join(data, 'master.key'),
  }
  const rewrap = async (given: Environment) => {
    const spawned = spawnCredence(['keys', 'rewrap', '--json', '--data', data], { environment: given })
    return { code: await spawned.ended, text: spawned.stdout() + spawned.stderr() }
  }
  assert.equal((await rewrap({ CREDENCE_MASTER_KEY_FILE: file })).code, 78)
  const first = await rewrap(environment)
  assert.equal(first.code, 0, first.text)
  assert.ok(JSON.parse(first.text).sealed_anew >= 4)
  assert.equal(JSON.parse((await rewrap(environment)).text).sealed_anew, 0)
  // what runs has opened what it needs
  await works(credence)
  await credence.stop()
  const key = (await readFile(file, 'utf8')).trim()
  const again = await startCredence({ data, args, environment: { CREDENCE_MASTER_KEY: key } })
  await works(again)
  await again.stop()
  await credence.dispose()
})
