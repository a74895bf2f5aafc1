import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findingKinds } from './finding.ts'

test('docs/tasks/usage-and-findings.md has every kind of finding, and no other', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/tasks/usage-and-findings.md'), 'utf8')
  const documented = [...page.matchAll(/^\| `(\w+)`/gm)].map(([, kind]) => kind)
  assert.deepEqual(documented.toSorted(), Object.keys(findingKinds).toSorted())
})
