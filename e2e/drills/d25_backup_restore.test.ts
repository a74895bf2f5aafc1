import assert from 'node:assert/strict'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startPostgres } from '../../packages/storage/src/testing/embedded_postgres.ts'
import { type RunningCredence, startCredence } from '../support/credence.ts'
import { makeFolder } from '../support/credence_process.ts'
import { jsonOf } from '../support/http.ts'
import { runCommand } from '../support/run_command.ts'
import { askToken, getToken, verifyWithJose } from '../support/token.ts'

const postgres = await startPostgres()
after(postgres.stop)
const folder = await makeFolder()
after(folder.dispose)
const audience = 'https://orders.example.com'
const issuer = ['--issuer', 'https://auth.example.com']
const dataOf = (name: string) => join(folder.path, name)
for (const name of ['source', 'postgres', 'running']) await mkdir(dataOf(name))

/** Tokens and changes without pause until `work` is done. Resolves to how many of both there were. */
const underLoad = async (credence: RunningCredence, work: () => Promise<void>) => {
  const done = { tokens: 0, changes: 0 }
  let going = true
  const job = await credence.createClient({ client_id: 'loader', grants: [{ audience, scopes: ['x'] }] })
  const asking = Array.from({ length: 4 }, async () => {
    while (going) {
      assert.equal((await askToken(credence, job)).status, 200)
      done.tokens++
    }
  })
  const changing = (async () => {
    while (going) await credence.createClient({ client_id: `client-${done.changes++}` })
  })()
  try {
    await work()
  } finally {
    going = false
    await Promise.all([...asking, changing])
  }
  return done
}

const listAll = async (credence: RunningCredence, path: string): Promise<readonly unknown[]> => {
  const items: unknown[] = []
  for (let cursor = ''; ; ) {
    const page = jsonOf(await credence.manage('GET', `${path}?limit=1000${cursor}`))
    items.push(...(page.items as unknown[]))
    if (page.next_cursor === undefined) return items
    cursor = `&cursor=${page.next_cursor}`
  }
}

/** Starts what was restored and checks that the client, its secret, its grant and the keys are those of the backup. */
const checkRestored = async (
  data: string,
  args: readonly string[],
  check: (credence: RunningCredence) => Promise<void>,
) => {
  await cp(join(dataOf('source'), 'master.key'), join(data, 'master.key'))
  const credence = await startCredence({ data, args: [...issuer, ...args] })
  try {
    await check(credence)
    const verified = await runCommand(['audit', 'verify', '--data', data])
    assert.equal(verified.code, 0, verified.stdout + verified.stderr)
  } finally {
    await credence.stop()
  }
}

test('D25: back up under load, restore elsewhere and into PostgreSQL and back again: all there, the audit log whole', async (t) => {
  const data = dataOf('source')
  const source = await startCredence({ data, args: issuer })
  await source.createApi({ audience, scopes: ['x', 'y'] })
  const job = await source.createClient({ client_id: 'job', grants: [{ audience, scopes: ['x'] }] })
  await source.manage('PATCH', '/clients/job', { client_name: 'Zoë' })
  const file = dataOf('backup.jsonl.gz')
  let before: readonly unknown[] = []
  const load = await underLoad(source, async () => {
    for (let filled = 0; filled < 300; filled++) await source.createClient({ client_id: `before-${filled}` })
    before = await listAll(source, '/clients')
    const { code, stdout, stderr } = await runCommand(['backup', file, '--data', data])
    assert.equal(code, 0, stderr)
    t.diagnostic(stdout.trim())
  })
  t.diagnostic(`meanwhile ${load.tokens} tokens and ${load.changes} changes, none failed`)
  const token = await getToken(source, job)
  await source.stop()

  const check = async (credence: RunningCredence) => {
    const found = new Set((await listAll(credence, '/clients')).map((client) => JSON.stringify(client)))
    assert.ok(
      before.every((client) => found.has(JSON.stringify(client))),
      'every client of before the backup, as it was',
    )
    assert.ok(found.size <= before.length + load.changes)
    await verifyWithJose(credence, await getToken(credence, job), { audience })
    // the key that signed it was backed up: what was issued before is still verified
    await verifyWithJose(credence, token, { audience })
  }
  const restored = await runCommand(['restore', file, '--data', dataOf('restored')])
  assert.equal(restored.code, 0, restored.stderr)
  assert.match(restored.stdout, /master key/)
  await checkRestored(dataOf('restored'), [], check)

  const url = await postgres.createDatabase()
  assert.equal((await runCommand(['restore', file], { CREDENCE_DATABASE_URL: url })).code, 0)
  const again = dataOf('again.jsonl.gz')
  await checkRestored(dataOf('postgres'), ['--database-url', url], async (credence) => {
    await check(credence)
    assert.equal((await runCommand(['backup', again, '--data', dataOf('postgres')])).code, 0)
  })
  assert.equal((await runCommand(['restore', again, '--data', dataOf('back')])).code, 0)
  await checkRestored(dataOf('back'), [], check)

  const refused = await runCommand(['restore', file, '--data', dataOf('restored')])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /exists; --force/)
  assert.equal((await runCommand(['restore', file], { CREDENCE_DATABASE_URL: url })).code, 1)
})

test('D25: a backup that was cut off is refused and leaves no database; a restore that was interrupted keeps the server from starting', async () => {
  const whole = dataOf('backup.jsonl.gz')
  const bytes = await readFile(whole)
  const cut = dataOf('cut.gz')
  await writeFile(cut, bytes.subarray(0, bytes.length / 2))
  const { code, stderr } = await runCommand(['restore', cut, '--data', dataOf('cut')])
  assert.equal(code, 1)
  assert.match(stderr, /cut\.gz/)
  assert.deepEqual(await readdir(dataOf('cut')), [])
  await writeFile(join(dataOf('cut'), 'credence.db.restoring'), '')
  await assert.rejects(
    startCredence({ data: dataOf('cut') }),
    /ended with 78: .*a restore is under way or was interrupted/,
  )
})

test('D25: nothing is restored over a running server, and without the right master key nothing starts', async () => {
  const running = await startCredence({ data: dataOf('running') })
  const refused = await runCommand(['restore', dataOf('backup.jsonl.gz'), '--data', dataOf('running'), '--force'])
  assert.match(refused.stderr, /a server runs/)
  await running.stop()
  const forced = await runCommand(['restore', dataOf('backup.jsonl.gz'), '--data', dataOf('running'), '--force'])
  assert.equal(forced.code, 0, forced.stderr)
  await assert.rejects(startCredence({ data: dataOf('running') }), /ended with 78: .*master key/)
})
