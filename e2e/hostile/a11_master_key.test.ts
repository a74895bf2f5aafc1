import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { type Environment, makeFolder, spawnCredence } from '../support/credence_process.ts'
import { getToken, verifyWithJose } from '../support/token.ts'

const folder = await makeFolder()
after(folder.dispose)
let count = 0
const freshData = () => {
  count += 1
  return join(folder.path, `data-${count}`)
}
const issuer = ['--issuer', 'https://auth.example.com']

/** Asserts that `credence serve` does not start, with exit 78, and returns what it says. */
const assertNoStart = async (args: readonly string[], environment: Environment = {}): Promise<string> => {
  const ports = ['--port', '0', '--management-port', '0']
  const spawned = spawnCredence(['serve', ...ports, ...args], { environment, cwd: folder.path })
  // one that starts all the same announces itself, and is ended
  spawned.process.stdout?.once('data', () => spawned.process.kill('SIGTERM'))
  assert.equal(await spawned.ended, 78, spawned.stdout() + spawned.stderr())
  assert.equal(spawned.stdout(), '')
  return spawned.stderr()
}

for (const host of ['0.0.0.0', '::', 'localhost.example.com']) {
  test(`A11: no master key and --host ${host} → exit 78, says what to do, and makes none`, async () => {
    const data = freshData()
    const said = await assertNoStart(['--host', host, '--data', data, ...issuer])
    assert.match(said, /master key/)
    assert.match(said, /CREDENCE_MASTER_KEY/)
    assert.match(said, /openssl rand -base64 32/)
    assert.deepEqual(await readdir(data).catch(() => []), [])
  })
}

test('A11: no master key and --management-host 0.0.0.0 → exit 78: that listener is reachable as well', async () => {
  assert.match(await assertNoStart(['--management-host', '0.0.0.0', '--data', freshData()]), /master key/)
})

const bytes = (next: (index: number) => number) =>
  Buffer.from(Array.from({ length: 32 }, (_, index) => next(index) % 256))
const badKeys: Readonly<Record<string, string>> = {
  'all zeros': bytes(() => 0).toString('base64'),
  'all ones, in hex': 'f'.repeat(64),
  'one byte repeated': bytes(() => 0x41).toString('base64'),
  'two bytes in turn': bytes((index) => (index % 2) * 255).toString('hex'),
  'eight bytes repeated': bytes((index) => (index % 8) * 31).toString('base64'),
  'sixteen letters twice': Buffer.from('0123456789abcdef0123456789abcdef').toString('base64'),
  'counting up': bytes((index) => index).toString('hex'),
  'counting down': bytes((index) => 255 - index * 3).toString('base64'),
  'a sentence in base64': Buffer.from('please-change-this-Secret_Key_42').toString('base64'),
  'a word': 'changeme',
  'a passphrase': 'correct horse battery staple correct horse',
  '16 bytes': randomBytes(16).toString('base64'),
  '64 bytes': randomBytes(64).toString('base64'),
  nothing: '',
}
for (const [title, key] of Object.entries(badKeys)) {
  test(`A11: a master key that is ${title} → exit 78, and is not repeated`, async () => {
    const said = await assertNoStart(['--data', freshData()], { CREDENCE_MASTER_KEY: key })
    assert.match(said, /CREDENCE_MASTER_KEY/)
    if (key !== '') assert.ok(!said.includes(key), said)
  })
}

test('A11: the same by file: CREDENCE_MASTER_KEY_FILE, and master.key in the data folder', async () => {
  const file = join(folder.path, 'zeros')
  await writeFile(file, `${bytes(() => 0).toString('base64')}\n`, { mode: 0o600 })
  assert.match(await assertNoStart(['--data', freshData()], { CREDENCE_MASTER_KEY_FILE: file }), /default|pattern/)
  assert.match(
    await assertNoStart(['--data', freshData()], { CREDENCE_MASTER_KEY_FILE: join(folder.path, 'absent') }),
    /absent/,
  )
})

test('A11: a wrong master key for an existing database → exit 78; the right one still opens it, and its tokens verify', async () => {
  const args = issuer
  const first = await startCredence({ args })
  await first.createApi({ audience: 'urn:a', scopes: ['x'] })
  const job = await first.createClient({ client_id: 'job', grants: [{ audience: 'urn:a', scopes: ['x'] }] })
  const token = await getToken(first, job)
  await first.stop()
  const masterKeyFile = join(first.data, 'master.key')

  const other = randomBytes(32).toString('base64')
  const said = await assertNoStart(['--data', first.data, ...args], { CREDENCE_MASTER_KEY: other })
  assert.match(said, /master key/)
  assert.ok(!said.includes(other))

  // a key that was lost is not silently replaced: what was sealed under it would be lost for good
  await rename(masterKeyFile, `${masterKeyFile}.kept`)
  assert.match(await assertNoStart(['--data', first.data, ...args]), /master key/)
  await rename(`${masterKeyFile}.kept`, masterKeyFile)

  await chmod(masterKeyFile, 0o644)
  assert.match(await assertNoStart(['--data', first.data, ...args]), /chmod 600/)
  await chmod(masterKeyFile, 0o600)

  const key = (await readFile(masterKeyFile, 'utf8')).trim()
  const again = await startCredence({ data: first.data, args, environment: { CREDENCE_MASTER_KEY: key } })
  await verifyWithJose(again, token, { audience: 'urn:a' })
  await getToken(again, job)
  await again.stop()
  await first.dispose()
})

test('A11: with a good key a public listener starts, with its issuer', async () => {
  const environment = { CREDENCE_MASTER_KEY: randomBytes(32).toString('hex') }
  const credence = await startCredence({ args: ['--host', '0.0.0.0', ...issuer], environment })
  assert.equal(credence.issuer, 'https://auth.example.com')
  await credence.dispose()
})
