import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { conformancePage, renderPage, runConformance } from './page.ts'

test('docs/conformance.md is in step with what the server does, and says that every module passed', async () => {
  const found = await runConformance()
  const failed = [...found.suite, ...found.added, ...found.mtls].filter(({ failure }) => failure !== undefined)
  assert.deepEqual(failed, [])
  const written = await readFile(join(import.meta.dirname, '../..', conformancePage.path), 'utf8')
  assert.ok(written === renderPage(found), 'run npm run conformance')
})

test('a module that fails is written as failed', () => {
  const result = { name: 'happy-flow', checks: 'that it works' }
  const page = renderPage({
    suite: [{ ...result, failure: new Error('no') }],
    added: [{ ...result, failure: undefined }],
    mtls: [],
  })
  assert.match(page, /0 of 1 passed.*\| `happy-flow` \| that it works \| \*\*failed\*\* \|/s)
  assert.match(page, /1 of 1 passed.*\| `happy-flow` \| that it works \| passed \|/s)
})
