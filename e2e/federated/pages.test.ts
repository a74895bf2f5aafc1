import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type RunningCredence, startCredence } from '../support/credence.ts'
import { makeFolder, repository } from '../support/credence_process.ts'
import { runCommand } from '../support/run_command.ts'
import { createPlatform } from './platform.ts'

const folder = await makeFolder()
after(folder.dispose)
let credence: RunningCredence

/** The commands of a page that begin so, as a shell would split them. */
const commandsOf = (page: string, beginning: string): readonly (readonly string[])[] =>
  [...readFileSync(join(repository, page), 'utf8').matchAll(/^```sh\n(.*?)^```/gms)]
    .flatMap(([, block = '']) => block.replaceAll(/ \\\n +/g, ' ').split('\n'))
    .filter((line) => line.startsWith(beginning))
    .map((line) => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ''))

before(async () => {
  credence = await startCredence({ data: folder.path })
  await credence.createApi({ audience: 'https://orders.example.com', scopes: ['orders:read'] })
  const grants = [{ audience: 'https://orders.example.com', scopes: ['orders:read'] }]
  for (const clientId of ['report-job', 'deploy']) await credence.createClient({ client_id: clientId, grants })
  await writeFile(join(folder.path, 'cluster-keys.json'), JSON.stringify((await createPlatform()).jwks))
})
after(() => credence.stop())

describe('the commands of the pages make credentials that say what they accept', () => {
  const pages = globSync('docs/tasks/federate-*.md', { cwd: repository })

  it('there is a page for each kind', () => assert.equal(pages.length, 8))

  for (const page of pages) {
    it(page, async () => {
      const commands = commandsOf(page, 'credence credential add')
      assert.ok(commands.length > 0)
      for (const [, ...args] of commands) {
        const inFolder = args.map((arg) => (arg === 'cluster-keys.json' ? join(folder.path, arg) : arg))
        const { code, stdout, stderr } = await runCommand([...inFolder, '--data', folder.path])
        assert.equal(code, 0, stderr)
        const subject = args[args.indexOf('--subject') + 1] ?? ''
        assert.ok(stdout.includes(`sub must be "${subject}"`), stdout)
        assert.ok(!stdout.includes('Think again'), stdout)
      }
    })
  }
})
