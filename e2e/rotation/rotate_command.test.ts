import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { spawnCredence } from '../support/credence_process.ts'
import { askToken, assertRefused } from '../support/token.ts'

const audience = 'https://orders.example.com'
const credence = await startCredence()
after(credence.dispose)
await credence.createApi({ audience, scopes: ['orders:read'] })
const first = await credence.createClient({ client_id: 'job', grants: [{ audience, scopes: ['orders:read'] }] })

const secretFile = join(credence.data, 'client_secret')
const storeSecret = async (secret: string) => {
  await writeFile(`${secretFile}.new`, secret)
  await rename(`${secretFile}.new`, secretFile)
}

const startClient = async () => {
  await storeSecret(first.client_secret)
  const program = join(import.meta.dirname, 'secret_file_client.ts')
  const child = spawn(process.execPath, [program, credence.issuer, 'job', secretFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  after(() => child.kill('SIGKILL'))
  const lines: string[] = []
  const output = createInterface(child.stdout).on('line', (line) => lines.push(line))
  const until = async (pattern: RegExp) => {
    while (!pattern.test(lines.at(-1) ?? '')) await once(output, 'line')
  }
  const stop = async () => {
    child.kill('SIGTERM')
    await once(child, 'close')
  }
  return { lines, until, stop }
}

/** `credence credential rotate job …` and its events as they come. */
const startRotation = (...words: readonly string[]) => {
  const spawned = spawnCredence(
    ['credential', 'rotate', 'job', '--json', '--yes', '--quiet', '2s', '--data', credence.data, ...words],
    { cwd: credence.data },
  )
  const events = () =>
    spawned
      .stdout()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  const until = async (name: string) => {
    for (;;) {
      const found = events().find(({ event }) => event === name)
      if (found !== undefined) return found
      const data = spawned.process.stdout === null ? spawned.ended : once(spawned.process.stdout, 'data')
      const ended = await Promise.race([data, spawned.ended])
      if (typeof ended === 'number') throw new Error(`ended with ${ended}: ${spawned.stderr()}`)
    }
  }
  return { ...spawned, events, until }
}

test('credential rotate with a real client: interrupted, resumed, the old secret revoked, no failed call', async (t) => {
  const client = await startClient()
  await client.until(new RegExp(`^200 with ${first.credential_id}$`))

  const begun = startRotation('--label', 'second')
  const added = await begun.until('added')
  const waiting = await begun.until('waiting')
  assert.deepEqual(waiting.waiting_for, ['new_unused', 'older_in_use'])
  const [older] = waiting.older as Record<string, unknown>[]
  assert.equal(older?.credential_id, first.credential_id)
  assert.equal(older?.last_used_user_agent, 'secret-file-client/1.0')

  begun.process.kill('SIGINT')
  assert.equal(await begun.ended, 1)
  const interrupted = JSON.parse(begun.stderr())
  assert.equal(interrupted.code, 'interrupted')
  assert.match(interrupted.message, /credence credential rotate job --resume --quiet 2s --data /)
  assert.ok(!begun.stderr().includes(String(added.client_secret)))

  const resumed = startRotation('--resume', '--retire', first.credential_id)
  await resumed.until('waiting')
  await storeSecret(String(added.client_secret))
  await client.until(new RegExp(`^200 with ${added.credential_id}$`))
  assert.equal(await resumed.ended, 0, resumed.stderr())
  assert.deepEqual(
    resumed.events().filter(({ event }) => event !== 'waiting' && event !== 'resumed'),
    [
      { event: 'revoked', credential_id: first.credential_id },
      { event: 'done', credential_id: added.credential_id },
    ],
  )
  await client.stop()
  assertRefused(await askToken(credence, first), 'invalid_client')
  t.diagnostic(`${client.lines.length} token requests`)
  assert.deepEqual(
    client.lines.filter((line) => !line.startsWith('200 ')),
    [],
  )
})

test('credential rotate: with nobody to confirm it adds, says how to go on, and ends; --resume asks for --yes', async () => {
  const refused = spawnCredence(['credential', 'rotate', 'job', '--resume', '--data', credence.data])
  assert.equal(await refused.ended, 2)
  assert.match(refused.stderr(), /nobody is here to confirm .* give --yes/)
  const added = spawnCredence(['credential', 'rotate', 'job', '--data', credence.data])
  assert.equal(await added.ended, 0, added.stderr())
  assert.match(added.stdout(), /^CREDENCE_CLIENT_SECRET=cred_\w+$/m)
  assert.match(added.stdout(), /credence credential rotate job --resume/)
})
