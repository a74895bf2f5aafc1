import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startPostgres } from '../../packages/storage/src/testing/embedded_postgres.ts'
import { startCredence } from '../support/credence.ts'
import { runCommand } from '../support/run_command.ts'

const postgres = await startPostgres()
after(postgres.stop)

test('audit: two replicas over PostgreSQL write one chain, and each of its records reaches the sink', async () => {
  const environment = {
    CREDENCE_DATABASE_URL: await postgres.createDatabase(),
    CREDENCE_MASTER_KEY: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64'),
  }
  const issuer = ['--issuer', 'https://auth.example.com']
  const first = await startCredence({ args: issuer, environment })
  const sink = join(first.data, 'audit.jsonl')
  const args = [...issuer, '--audit-sink', `file:${sink}`]
  const replicas = [await startCredence({ args, environment }), await startCredence({ args, environment })]
  try {
    await Promise.all(
      replicas.flatMap(({ createApi }, replica) =>
        Array.from({ length: 25 }, (_, index) => createApi({ audience: `urn:${replica}:${index}`, scopes: ['x'] })),
      ),
    )
    const { code, stdout } = await runCommand(['audit', 'verify', '--json', '--data', first.data])
    assert.equal(code, 0, stdout)
    for (const replica of replicas) await replica.stop()
    const lines = (await readFile(sink, 'utf8')).trim().split('\n')
    const created = new Set(
      lines.map((line) => JSON.parse(line)).flatMap(({ action, seq }) => (action === 'api.create' ? [seq] : [])),
    )
    assert.equal(created.size, 50)
    const again = await runCommand(['audit', 'verify', '--json', '--data', first.data])
    assert.equal(again.code, 0, again.stdout)
  } finally {
    for (const replica of replicas) await replica.dispose()
    await first.dispose()
  }
})
