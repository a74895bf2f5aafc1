import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { makeFolder, spawnCredence } from '../support/credence_process.ts'

const folder = await makeFolder()
after(folder.dispose)

const notIssuers: Readonly<Record<string, string>> = {
  'a query': 'https://auth.example.com/?x=1',
  'an empty query': 'https://auth.example.com?',
  'a fragment': 'https://auth.example.com/#x',
  'user information': 'https://me@auth.example.com',
  'http on another host': 'http://auth.example.com',
  'another scheme': 'ftp://auth.example.com',
  'no scheme': 'auth.example.com',
  'a blank': 'https://auth.example.com/a b',
  'letters outside ASCII': 'https://anmeldung.münchen.example',
  nothing: '',
}
for (const [title, issuer] of Object.entries(notIssuers)) {
  test(`RFC 8414 §2: an issuer with ${title} → exit 78, naming the option`, async () => {
    const args = ['serve', '--port', '0', '--management-port', '0', '--data', folder.path, '--issuer', issuer]
    const spawned = spawnCredence(args, { cwd: folder.path })
    // one that starts all the same announces itself, and is ended
    spawned.process.stdout?.once('data', () => spawned.process.kill('SIGTERM'))
    assert.equal(await spawned.ended, 78, spawned.stdout() + spawned.stderr())
    assert.match(spawned.stderr(), /--issuer/)
  })
}

test('contract: every fault is listed at once, unknown variables included, with exit 78', async () => {
  const spawned = spawnCredence(['serve', '--port', '99999', '--log-level', 'loud', '--issuer', 'x'], {
    cwd: folder.path,
    environment: { CREDENCE_PROT: '1' },
  })
  assert.equal(await spawned.ended, 78)
  for (const named of ['--port', '--log-level', '--issuer', 'CREDENCE_PROT']) {
    assert.ok(spawned.stderr().includes(named), `${named} in: ${spawned.stderr()}`)
  }
})
