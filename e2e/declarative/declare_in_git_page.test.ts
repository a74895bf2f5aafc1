import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { credenceCommand, makeFolder, repository } from '../support/credence_process.ts'
import { runProgram } from '../support/foreign.ts'

const hasBash = spawnSync('bash', ['--version']).error === undefined

test('docs/tasks/declare-in-git.md: its file is applied, and every command of it works', {
  skip: hasBash ? false : 'needs bash',
}, async () => {
  const page = await readFile(join(repository, 'docs/tasks/declare-in-git.md'), 'utf8')
  const blocksOf = (language: string) =>
    [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, block = '']) => block)
  const commands = blocksOf('sh').filter((block) => !block.includes('credence serve'))
  assert.equal(commands.length, 3)
  const [yaml = ''] = blocksOf('yaml')
  const folder = await makeFolder()
  await writeFile(join(folder.path, 'page.yaml'), yaml)
  // the one command that does not end by itself starts the server that the others talk to
  const credence = await startCredence({
    args: ['--declarative', join(folder.path, 'page.yaml'), '--declarative-prune', 'on'],
  })
  try {
    const prelude = `
set -euo pipefail
cd ${folder.path}
export CREDENCE_DATA=${credence.data}
npx() { shift; ${process.execPath} ${credenceCommand.join(' ')} "$@"; }
`
    const { code, stdout, stderr } = await runProgram(['bash', '-c', prelude + commands.join('\n')], {})
    assert.equal(code, 0, stderr)
    assert.equal(stdout.match(/^nothing to do/gm)?.length, 5)
    assert.match(await readFile(join(folder.path, 'credence.yaml'), 'utf8'), /client_id: report-generator/)
  } finally {
    await credence.dispose()
    await folder.dispose()
  }
})
