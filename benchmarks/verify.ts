/** How many access tokens a second one core verifies: bearer tokens of each algorithm, and DPoP-bound ones. */
import type { SignatureAlgorithm } from '@credence/jwt'
import { type Aim, formatCount, formatRatio, type Section, versionsOf } from './report.ts'
import { names as bearer, createBearerContenders } from './verify/bearer.ts'
import { names as bound, createBoundContenders } from './verify/bound.ts'
import { measureContenders, type Row, type VerifyPlan } from './verify/measuring.ts'

const measured: readonly SignatureAlgorithm[] = ['ES256', 'RS256', 'PS256', 'EdDSA']
const boundKind = 'ES256, DPoP'

export const fullVerifyPlan: VerifyPlan = { rounds: 5, roundMs: 400 }

interface Measured {
  readonly kind: string
  readonly rows: readonly Row[]
  readonly aims: readonly Aim[]
}

const rateOf = (rows: readonly Row[], name: string): number =>
  rows.find((row) => row.name === name)?.perSecond ?? Number.NaN

const bearerAims = (kind: string, rows: readonly Row[]): readonly Aim[] => {
  const ofLimit = rateOf(rows, bearer.ours) / rateOf(rows, bearer.limit)
  const ofDocumented = rateOf(rows, bearer.ours) / rateOf(rows, bearer.documented)
  const ofPeer = rateOf(rows, bearer.cached) / rateOf(rows, bearer.peerCached)
  return [
    { text: `${kind}, uncached: at least 0.93 of the limit`, found: formatRatio(ofLimit), met: ofLimit >= 0.93 },
    {
      text: `${kind}, uncached: at least 0.93 of ${bearer.documented}`,
      found: formatRatio(ofDocumented),
      met: ofDocumented >= 0.93,
    },
    { text: `${kind}, cached: above fast-jwt's cache`, found: `${formatRatio(ofPeer)} of it`, met: ofPeer > 1 },
  ]
}

const boundAims = (rows: readonly Row[]): readonly Aim[] =>
  [bound.ours, bound.cached].map((name) => {
    const ratio = rateOf(rows, name) / rateOf(rows, bound.peer)
    const text = `${boundKind}, ${name}: at least 1.5 times ${bound.peer}`
    return { text, found: formatRatio(ratio), met: ratio >= 1.5 }
  })

/** About a minute and a half in full. Figures are medians of the rounds. */
export const runVerify = async (plan: VerifyPlan): Promise<Section> => {
  const all: Measured[] = []
  for (const kind of measured) {
    const rows = await measureContenders(await createBearerContenders(kind), plan)
    all.push({ kind, rows, aims: bearerAims(kind, rows) })
  }
  const rows = await measureContenders(await createBoundContenders(), plan)
  all.push({ kind: boundKind, rows, aims: boundAims(rows) })
  return toSection(all, plan)
}

const toSection = (all: readonly Measured[], { rounds, roundMs }: VerifyPlan): Section => ({
  title: 'verify',
  columns: ['one core', 'token', 'verified per CPU second', 'of the limit'],
  rows: all.flatMap(({ kind, rows }) =>
    rows.map(({ name, perSecond, ratioToLimit }) => [name, kind, formatCount(perSecond), formatRatio(ratioToLimit)]),
  ),
  aims: all.flatMap(({ aims }) => aims),
  notes: [
    `${rounds} rounds in turn of ${roundMs} ms of CPU each, after one that is not counted; medians. The limit is the fastest way found to have node:crypto verify: createVerify, a DER signature and a KeyObject made beforehand, PSS options as members of the key; every reader of a token has to decode base64 and JSON besides, and the third row does nothing but that. The limit of a DPoP-bound token is two signatures, that of the token and that of the proof; every proof is a new one, made beforehand.`,
    `${versionsOf('jose', 'fast-jwt', 'oauth4webapi')}.`,
  ],
})

if (import.meta.main) console.log(await runVerify({ rounds: 1, roundMs: 100 }))
