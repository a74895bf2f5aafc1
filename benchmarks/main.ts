/** npm run bench [issue|verify|start|grow|feed]: measures all in turn, or the one that is named, and writes RESULTS.md. */
import { runFeed } from './feed.ts'
import { runGrow } from './grow.ts'
import { runIssue } from './issue.ts'
import { type Aim, formatCount, formatRatio, report, type Section } from './report.ts'
import { fullPlan } from './rounds.ts'
import { runStart } from './start.ts'
import { type Row, runVerify } from './verify.ts'

const verifySection = async (): Promise<Section> => {
  const rows = await runVerify()
  return {
    title: 'verify',
    columns: ['one core', 'algorithm', 'tokens/s', 'of the limit'],
    rows: rows.map(({ name, algorithm, perSecond, ratioToLimit }) => [
      name,
      algorithm,
      formatCount(perSecond),
      formatRatio(ratioToLimit),
    ]),
    aims: rows.flatMap((row) => verifyAim(row, rows)),
  }
}

const verifyAim = ({ name, algorithm, perSecond, ratioToLimit }: Row, rows: readonly Row[]): readonly Aim[] => {
  const found = formatRatio(ratioToLimit)
  if (name === 'Credence, uncached')
    return [{ text: `${algorithm}, uncached: at least 0.9 of the limit`, found, met: ratioToLimit >= 0.9 }]
  const peer = rows.find((row) => row.name === 'fast-jwt, cached' && row.algorithm === algorithm)
  if (name !== 'Credence, cached' || peer === undefined) return []
  const ratio = perSecond / peer.perSecond
  return [
    { text: `${algorithm}, cached: above fast-jwt's cache`, found: `${formatRatio(ratio)} of it`, met: ratio > 1 },
  ]
}

const benchmarks: Readonly<Record<string, () => Promise<Section>>> = {
  issue: () => runIssue(fullPlan),
  verify: verifySection,
  start: runStart,
  grow: () => runGrow(fullPlan),
  feed: runFeed,
}

const named = process.argv.slice(2)
const unknown = named.filter((name) => !(name in benchmarks))
if (unknown.length > 0) {
  console.error(`no such benchmark: ${unknown.join(', ')}; there are ${Object.keys(benchmarks).join(', ')}`)
  process.exit(2)
}
for (const [name, run] of Object.entries(benchmarks))
  if (named.length === 0 || named.includes(name)) report(await run())
