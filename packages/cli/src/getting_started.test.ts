import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { collect } from './testing/run_credence.ts'
import { createFolder } from './testing/start_serve.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const hasTools = ['bash', 'curl'].every((tool) => spawnSync(tool, ['--version']).status === 0)

/** The shell blocks of the page that a test can run: npm ci and the demo have been, or have a test of their own. */
const readBlocks = async (): Promise<readonly string[]> => {
  const page = await readFile(join(root, 'docs/getting-started.md'), 'utf8')
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block)
  return blocks.filter((block) => !block.startsWith('npm '))
}

const prelude = (folder: string) => `
set -euo pipefail
cd ${folder}
npx() {
  if [ "$1" = credence ]; then shift; node --conditions=@credence/source ${root}packages/cli/src/main.ts "$@"
  else shift; node --conditions=@credence/source "$@"; fi
}
in_another_terminal() {
  bash -c "$(declare -f npx); $1" > "$2" &
  for _ in $(seq 300); do grep -q ready "$2" && return; sleep 0.1; done
  exit 1
}
`

/** Servers run in the background, on free ports in place of those of the page. */
const toScript = (block: string): string => {
  if (block.startsWith('npx credence serve')) return `in_another_terminal '${block}' serve.log\n`
  if (block.includes('npx node examples/orders_api')) {
    return `in_another_terminal '${block}' orders.log\norders=$(grep -o 'http://.*' orders.log)\n`
  }
  return block.replaceAll('http://127.0.0.1:3000', '$orders')
}

describe('docs/getting-started.md', () => {
  it('every command of it works', { skip: hasTools ? false : 'needs bash and curl' }, async (test) => {
    const folder = await createFolder()
    await symlink(join(root, 'examples'), join(folder, 'examples'))
    const blocks = await readBlocks()
    assert.ok(blocks.length >= 7)
    const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('CREDENCE_'))
    const shell = spawn('bash', ['-c', `${prelude(folder)}${blocks.map(toScript).join('\n')}`], {
      // a group of its own, to end what runs in the background with it
      detached: true,
      env: { ...Object.fromEntries(clean), PORT: '0', CREDENCE_PORT: '0', CREDENCE_MANAGEMENT_PORT: '0' },
    })
    test.after(async () => {
      if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGTERM')
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    })
    const [stdout, stderr] = [collect(shell.stdout), collect(shell.stderr)]
    const [code] = await once(shell, 'exit')
    assert.equal(code, 0, stderr.text)
    for (const part of [
      /^created API https:\/\/orders\.example\.com/,
      /^\{"access_token":"[\w.-]+","token_type":"Bearer","expires_in":600,"scope":"jobs:read"\}verified: /m,
      /HTTP\/1\.1 200 OK/,
      /HTTP\/1\.1 403 Forbidden\r\nwww-authenticate: .*insufficient_scope.*jobs:write/i,
      /HTTP\/1\.1 201 Created/,
      /credence credential revoke report-job cred_/,
      /^CREDENTIAL .*(\ncred_.*){2}/m,
      /HTTP\/1\.1 401 Unauthorized\r\nwww-authenticate: .*invalid_token.*revoked/i,
    ]) {
      assert.match(stdout.text, part, stderr.text)
    }
  })
})
