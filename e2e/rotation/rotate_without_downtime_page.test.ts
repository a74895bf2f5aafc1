import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { credenceCommand, repository } from '../support/credence_process.ts'
import { runProgram } from '../support/foreign.ts'

const hasTools = spawnSync('bash', ['--version']).status === 0

/** The page from top to bottom: commands as they are, programs as files that are run where they stand. */
const readScript = async (programs: string): Promise<string> => {
  const page = await readFile(join(repository, 'docs/tasks/rotate-without-downtime.md'), 'utf8')
  const blocks = [...page.matchAll(/^```(sh|ts)\n(.*?)^```/gms)]
  assert.deepEqual(
    blocks.map(([, language]) => language),
    ['sh', 'ts', 'sh', 'sh', 'ts', 'sh'],
  )
  const lines = await Promise.all(
    blocks.map(async ([, language, code = ''], index) => {
      if (language === 'sh') return code
      // they have no types in them, and none are stripped below node_modules
      const file = join(programs, `program_${index}.mjs`)
      await writeFile(file, code)
      return `${process.execPath} --conditions=@credence/source ${file}\n`
    }),
  )
  // a reader takes a second from one block to the next: which of two secrets of one second is the older, nobody can say
  // within the notice of seven days, so that the first token finds it due
  return lines.join('sleep 1\n').replace('--expires 90d', '--expires 6d')
}

test('docs/tasks/rotate-without-downtime.md: every command and program of it works, in the order of the page', {
  skip: hasTools ? false : 'needs bash',
}, async () => {
  const credence = await startCredence()
  after(credence.dispose)
  // inside the repository, so that the packages are found as a reader's project finds them
  await mkdir(join(repository, 'node_modules/.cache'), { recursive: true })
  const programs = await mkdtemp(join(repository, 'node_modules/.cache/rotate-'))
  after(() => rm(programs, { recursive: true }))
  await credence.createApi({ audience: 'https://orders.example.com', scopes: ['orders:read'] })
  const prelude = `
set -euo pipefail
cd ${credence.data}
npx() { shift; ${process.execPath} ${credenceCommand.join(' ')} "$@"; }
`
  const { code, stdout, stderr } = await runProgram(['bash', '-c', prelude + (await readScript(programs))], {
    CREDENCE_DATA: credence.data,
    CREDENCE_ISSUER: credence.issuer,
  })
  assert.equal(code, 0, stderr)
  for (const part of [/^a token until 20\d\d-.*Z$/m, /^replaced by (cred_\w+)$/m, /^revoked cred_\w+/m, /^Bearer$/m]) {
    assert.match(stdout, part, stderr)
  }
  const [, replacement = ''] = /^replaced by (cred_\w+)$/m.exec(stdout) ?? []
  assert.match(stdout, new RegExp(`^${replacement} +not safe to delete`, 'm'))
  assert.doesNotMatch(stderr, /refused: /)
})
