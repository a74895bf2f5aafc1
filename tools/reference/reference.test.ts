import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

test('docs/reference is in step with the code it is generated from', () => {
  const main = join(import.meta.dirname, 'main.ts')
  const { status, stderr } = spawnSync(process.execPath, ['--conditions=@credence/source', main, '--check'], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
})
