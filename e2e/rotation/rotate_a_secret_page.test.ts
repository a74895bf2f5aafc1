import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { credenceCommand, repository } from '../support/credence_process.ts'
import { runProgram } from '../support/foreign.ts'

const hasTools = ['bash', 'curl'].every((tool) => spawnSync(tool, ['--version']).status === 0)

const readBlocks = async (): Promise<readonly string[]> => {
  const page = await readFile(join(repository, 'docs/tasks/rotate-a-secret.md'), 'utf8')
  return [...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block)
}

/** What asks a person is run in the background as if one had said yes, while a deployment changes over to what it prints. */
const answered = (block: string): string => `
${block.trim()} --yes --quiet 1s > rotation.log &
until grep -q CREDENCE_CLIENT_SECRET= rotation.log; do sleep 0.05; done
export $(grep CREDENCE_CLIENT_SECRET= rotation.log)
npx credence token > token
wait $!
cat rotation.log`

const toScript = (block: string): string => {
  if (/credential rotate (?!.*(--yes|--no-wait))/.test(block)) {
    return block.includes('--resume') ? `${block.trim()} --yes` : answered(block)
  }
  return block
}

test('docs/tasks/rotate-a-secret.md: every command of it works', {
  skip: hasTools ? false : 'needs bash and curl',
}, async () => {
  const credence = await startCredence()
  after(credence.dispose)
  const audience = 'https://orders.example.com'
  await credence.createApi({ audience, scopes: ['orders:read'] })
  const client = await credence.createClient({
    client_id: 'report-job',
    grants: [{ audience, scopes: ['orders:read'] }],
  })
  const blocks = await readBlocks()
  assert.ok(blocks.length >= 5)
  const prelude = `
set -euo pipefail
cd ${credence.data}
npx() { shift; ${process.execPath} ${credenceCommand.join(' ')} "$@"; }
`
  const { code, stdout, stderr } = await runProgram(['bash', '-c', prelude + blocks.map(toScript).join('\n')], {
    CREDENCE_DATA: credence.data,
    CREDENCE_ISSUER: credence.issuer,
    CREDENCE_CLIENT_ID: client.client_id,
    CREDENCE_CLIENT_SECRET: client.client_secret,
  })
  assert.equal(code, 0, stderr)
  for (const part of [
    new RegExp(`^revoked ${client.credential_id}: it gets no more tokens\\ndone: cred_\\w+ is the one in use$`, 'm'),
    /^cred_\w+ {2}not safe to delete: still in use: .* by /m,
    /^\{"event":"revoked","credential_id":"cred_\w+"\}\n\{"event":"done"/m,
    /rotates +its own secret; the replaced one works for 1d/,
    /^\{"client_id":"report-job","credential_id":"cred_\w+","client_secret":"cred_\w+","client_secret_expires_at":0,"replaces":/m,
  ]) {
    assert.match(stdout, part, stderr)
  }
})
