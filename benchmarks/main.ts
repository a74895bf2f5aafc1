/**
 * npm run bench [issue|verify|adapters|start|grow|feed|resilience|client_cost|dpop|mtls|private_key_jwt|replay]: measures all in turn, or the one that is named,
 * and writes RESULTS.md.
 */
import { runAdapters } from './adapters.ts'
import { runClientCost } from './client_cost.ts'
import { runDpop } from './dpop.ts'
import { runFeed } from './feed.ts'
import { runGrow } from './grow.ts'
import { runIssue } from './issue.ts'
import { runMtls } from './mtls.ts'
import { runReplay } from './private_key_jwt/replay_entries.ts'
import { runPrivateKeyJwt } from './private_key_jwt.ts'
import { report, type Section } from './report.ts'
import { runResilience } from './resilience.ts'
import { fullPlan } from './rounds.ts'
import { runStart } from './start.ts'
import { fullVerifyPlan, runVerify } from './verify.ts'

const benchmarks: Readonly<Record<string, () => Promise<Section>>> = {
  issue: () => runIssue(fullPlan),
  verify: () => runVerify(fullVerifyPlan),
  adapters: () => runAdapters(fullPlan),
  start: runStart,
  grow: () => runGrow(fullPlan),
  feed: runFeed,
  resilience: runResilience,
  client_cost: runClientCost,
  dpop: () => runDpop(fullPlan),
  mtls: () => runMtls(fullPlan),
  private_key_jwt: () => runPrivateKeyJwt(fullPlan),
  replay: () => runReplay(1_000_000),
}

const named = process.argv.slice(2)
const unknown = named.filter((name) => !(name in benchmarks))
if (unknown.length > 0) {
  console.error(`no such benchmark: ${unknown.join(', ')}; there are ${Object.keys(benchmarks).join(', ')}`)
  process.exit(2)
}
for (const [name, run] of Object.entries(benchmarks))
  if (named.length === 0 || named.includes(name)) report(await run())
