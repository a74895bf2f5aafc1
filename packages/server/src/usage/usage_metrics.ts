/** Says where the metrics of usage and findings are. */
import { type Finding, type FindingKind, findingKinds, severities } from '../findings/finding.ts'
import type { Findings } from '../findings/findings.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { UsageRecorder } from './usage_recorder.ts'

export const registerUsage = (metrics: Metrics, usage: Pick<UsageRecorder, 'dropped'>, findings: Findings): void => {
  metrics.register('credence_usage_dropped_total', () => [{ labels: {}, value: usage.dropped }])
  metrics.register('credence_findings', () => samplesOf(findings.recent()?.findings))
}

/** Every kind that can be, so that an alert sees one go back to none. */
const samplesOf = (findings: readonly Finding[] | undefined) => {
  if (findings === undefined) return []
  const counts = new Map<string, number>()
  for (const { kind, severity } of findings)
    counts.set(`${kind} ${severity}`, (counts.get(`${kind} ${severity}`) ?? 0) + 1)
  return (Object.keys(findingKinds) as FindingKind[]).flatMap((kind) =>
    severities.map((severity) => ({ labels: { kind, severity }, value: counts.get(`${kind} ${severity}`) ?? 0 })),
  )
}
