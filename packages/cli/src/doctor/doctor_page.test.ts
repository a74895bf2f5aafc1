import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkNames } from './check_names.ts'
import { formatResult } from './print_report.ts'

const page = readFileSync(join(import.meta.dirname, '../../../../docs/tasks/doctor.md'), 'utf8')
const [, example = ''] = /^```text\n(.*?)^```/ms.exec(page) ?? []
const shown = [...example.matchAll(/^[✓✗!-] (\w+) +/gm)].map(([, name = '']) => name)
const names = Object.keys(checkNames)

test('docs/tasks/doctor.md: the checks in the example are those that there are, in their order', () => {
  const local = ['data_folder', 'server', 'client']
  assert.deepEqual(
    shown,
    names.filter((name) => !local.includes(name)),
  )
  for (const name of local) assert.ok(page.includes(`\`${name}\``), name)
})

test('docs/tasks/doctor.md: marks, columns and the count are as they are printed', () => {
  const line = formatResult({ check: 'grant', status: 'ok', code: 'ok', found: 'client_credentials' }, false)
  assert.ok(example.includes(`\n${line}`))
  const marked = (mark: string) => [...example.matchAll(new RegExp(`^\\${mark} `, 'gm'))].length
  const good = [...example.matchAll(/^✓ /gm)].length
  assert.ok(
    example.endsWith(`\n${good} good, ${[...example.matchAll(/^✗ /gm)].length} failed, ${marked('-')} skipped\n`),
  )
})

test('what comes from a provider reaches the terminal without control characters', () => {
  const hostile = formatResult(
    { check: 'issuer', status: 'failed', code: 'x', found: 'a\u001b[2Jb', advice: 'c\u202ed' },
    false,
  )
  assert.ok(!hostile.includes('\u001b') && !hostile.includes('\u202e'))
})
