/** Computes the findings from the store when they are asked for, and keeps them for a minute. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '@credence/protocol'
import type { Api, Storage } from '@credence/storage'
import { adminAudience } from '../admin/admin_scopes.ts'
import { findApiWithoutClients } from './configuration_findings.ts'
import { findAboutClient } from './find_all.ts'
import { type Finding, severities } from './finding.ts'

export interface FindingsReport {
  /** The gravest first, then by id. */
  readonly findings: readonly Finding[]
  /** Epoch seconds. */
  readonly computedAt: number
  /** Whether there were more clients or findings than are looked at. */
  readonly truncated: boolean
}

export interface Findings {
  /** Those of the last minute, unless something was changed since; else computed now, once for all who ask meanwhile. */
  current(): Promise<FindingsReport>
  /** Those last computed, for who asks often and must not wait; when they are ten minutes old, they are computed anew meanwhile. */
  recent(): FindingsReport | undefined
}

export interface FindingsDeps {
  readonly storage: Pick<Storage, 'apis' | 'clientFacts' | 'changes'>
  readonly clock: Clock
  /** Brings what is kept in memory into the store, for what it says about. */
  readonly flush: () => Promise<unknown>
}

const hourSeconds = 3600
const daySeconds = 86_400
const peakDays = 7
const maxAgeMs = 60_000
const recentMs = 600_000

/** Few clients at a time, since nothing else is answered while an embedded store reads. */
const clientsPerRead = 25
const apisPerRead = 500
const mostClients = 200_000
const mostApis = 20_000
const mostFindings = 20_000

export const createFindings = ({ storage, clock, flush }: FindingsDeps): Findings => {
  let kept: { readonly report: FindingsReport; readonly atMs: number; readonly version: number } | undefined
  let computing: Promise<FindingsReport> | undefined

  const compute = async (version: number): Promise<FindingsReport> => {
    const atMs = clock.monotonicMs()
    await flush()
    const report = await computeReport(storage, clock.epochSeconds())
    kept = { report, atMs, version }
    return report
  }

  const current = async (): Promise<FindingsReport> => {
    const version = await storage.changes.latest()
    if (kept !== undefined && kept.version === version && clock.monotonicMs() - kept.atMs < maxAgeMs) return kept.report
    computing ??= compute(version).finally(() => {
      computing = undefined
    })
    return computing
  }

  return {
    current,
    recent() {
      // what goes wrong here is told to whoever asks for the findings themselves
      if (kept === undefined || clock.monotonicMs() - kept.atMs >= recentMs) current().catch(() => {})
      return kept?.report
    },
  }
}

const computeReport = async (
  { apis: apiStore, clientFacts }: FindingsDeps['storage'],
  now: number,
): Promise<FindingsReport> => {
  const thisHour = now - (now % hourSeconds)
  const times = {
    thisHour,
    lastDayFrom: thisHour - daySeconds + hourSeconds,
    peaksFrom: thisHour - peakDays * daySeconds,
  }
  const apis = new Map<string, Api>()
  for await (const api of pages(
    (after) => apiStore.list({ ...after, limit: apisPerRead }),
    (api) => api.audience,
    mostApis,
  ))
    apis.set(api.audience, api)
  const findings: Finding[] = []
  let clients = 0
  const read = pages(
    (after) => clientFacts.list(times, { ...after, limit: clientsPerRead }),
    ({ client }) => client.clientId,
    mostClients,
  )
  for await (const facts of read) {
    clients++
    findings.push(...findAboutClient(facts, { now, thisHour, apis }))
    if (findings.length > mostFindings) break
  }
  const ungranted = await clientFacts.ungrantedAudiences(mostFindings)
  findings.push(...ungranted.filter((audience) => audience !== adminAudience).map(findApiWithoutClients))
  return {
    findings: findings.toSorted(byGravity).slice(0, mostFindings),
    computedAt: now,
    truncated: findings.length > mostFindings || clients >= mostClients,
  }
}

const byGravity = (one: Finding, other: Finding): number =>
  severities.indexOf(other.severity) - severities.indexOf(one.severity) || (one.id < other.id ? -1 : 1)

async function* pages<T>(
  read: (after: { readonly after?: string }) => Promise<readonly T[]>,
  keyOf: (item: T) => string,
  most: number,
) {
  let after: { readonly after?: string } = {}
  for (let count = 0; count < most; ) {
    const page = await read(after)
    yield* page
    count += page.length
    const last = page.at(-1)
    if (last === undefined) return
    await nextTurn()
    after = { after: keyOf(last) }
  }
}
