import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..')

const samplesOf = (file: string): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code)

test('every TypeScript sample in README and docs compiles', () => {
  const pages = [
    'README.md',
    ...globSync('docs/**/*.md', { cwd: root }),
    ...globSync('packages/*/README.md', { cwd: root }),
  ]
  const samples = pages.flatMap((page) => samplesOf(page).map((code, index) => ({ page, index, code })))
  assert.ok(samples.length >= 2, 'the README has two samples at least')
  // inside the repository, so that the packages are found as a reader's project finds them
  mkdirSync(join(root, 'node_modules/.cache'), { recursive: true })
  const folder = mkdtempSync(join(root, 'node_modules/.cache/samples-'))
  try {
    for (const { page, index, code } of samples) {
      writeFileSync(join(folder, `${page.replaceAll(/[^A-Za-z0-9]/g, '_')}_${index}.ts`), `${code}\nexport {}\n`)
    }
    const extended = { extends: '../../../tsconfig.check.json', include: ['*.ts'], exclude: [] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(extended))
    execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' })
  } catch (error) {
    assert.fail(String((error as { stdout?: unknown }).stdout ?? error))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('the README shows a client and a resource server of at most eight lines each, imports aside', () => {
  const [client, server] = samplesOf('README.md').map(
    (code) => code.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('import ')).length,
  )
  assert.ok(client !== undefined && client <= 8, `${client}`)
  assert.ok(server !== undefined && server <= 8, `${server}`)
})
