import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { measures } from './key_set_measures.ts'
import { comparisonPage, renderPage } from './page.ts'
import { isRight } from './run_cases.ts'
import { contenders, ours, runComparison, type Table } from './table.ts'

describe('the comparison of verifiers', () => {
  let found: Table
  before(async () => {
    found = await runComparison()
  })

  it('V1 to V15: ours accepts what it must and refuses what it must', () => {
    const wrong = found.rows.filter(({ asked, verdicts }) => !isRight(asked, verdicts.get(ours) ?? 'not offered'))
    assert.deepEqual(
      wrong.map(({ asked, verdicts }) => `${asked.name}: ${verdicts.get(ours)}`),
      [],
    )
    assert.ok(found.rows.length > 120, `${found.rows.length} cases`)
  })

  it('K1 to K3: the counts of ours are all right', () => {
    const counts = found.counts.get(ours) ?? []
    assert.equal(counts.length, measures.length)
    const wrong = measures.filter(({ isRight }, index) => !isRight(counts[index] ?? Number.NaN))
    assert.deepEqual(
      wrong.map(({ name }) => name),
      [],
    )
  })

  it('every library accepts a plain good token, so that its refusals mean something', () => {
    const plain = found.rows.filter(({ asked }) => /^good: (?:ES256|RS256|several audiences)$/.test(asked.name))
    assert.equal(plain.length, 3)
    for (const { verdicts } of plain) {
      assert.deepEqual([...verdicts.values()], Array(contenders.length).fill('accepts'))
    }
  })

  it('docs/comparison-verifier.md is in step with what the libraries do', async () => {
    const written = await readFile(join(import.meta.dirname, '../..', comparisonPage.path), 'utf8')
    assert.ok(written === renderPage(found), 'run npm run compare:verifiers')
  })
})
