import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { credenceCommand, makeFolder, repository } from '../support/credence_process.ts'
import { runProgram } from '../support/foreign.ts'
import { getToken, verifyWithJose } from '../support/token.ts'

const hasTools = ['bash', 'openssl'].every((tool) => spawnSync(tool, ['version']).error === undefined)

test('docs/tasks/signing-keys.md: every command of it works, and the server after them', {
  skip: hasTools ? false : 'needs bash and openssl',
}, async () => {
  const page = await readFile(join(repository, 'docs/tasks/signing-keys.md'), 'utf8')
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block)
  assert.ok(blocks.length >= 4)
  const folder = await makeFolder()
  const data = join(folder.path, 'credence-data')
  await mkdir(data, { mode: 0o700 })
  const args = ['--issuer', 'https://auth.example.com']
  const credence = await startCredence({ data, args })
  try {
    await credence.createApi({ audience: 'urn:a', scopes: ['x'] })
    const job = await credence.createClient({ client_id: 'job', grants: [{ audience: 'urn:a', scopes: ['x'] }] })
    const token = await getToken(credence, job)
    const prelude = `
set -euo pipefail
cd ${folder.path}
npx() { shift; ${process.execPath} ${credenceCommand.join(' ')} "$@"; }
`
    const { code, stdout, stderr } = await runProgram(['bash', '-c', prelude + blocks.join('\n')], {})
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^\S+ +ES256 +active /m)
    assert.match(stdout, /^ES256 key \S+ is published and signs from /m)
    assert.match(stdout, /^EdDSA key \S+ signs now$/m)
    assert.match(stdout, /^\d+ secrets are sealed anew$/m)

    await credence.stop()
    const again = await startCredence({ data, args })
    await verifyWithJose(again, token, { audience: 'urn:a' })
    await verifyWithJose(again, await getToken(again, job), { audience: 'urn:a' })
    await again.stop()
  } finally {
    await credence.dispose()
    await folder.dispose()
  }
})
