/** Token requests by grant type, client authentication method and result, and how long they took. */
import { catalogue } from './catalogue.ts'
import { getOrCreate } from './counts.ts'
import { createHistogram, type Histogram } from './histogram.ts'
import type { Metrics } from './metrics.ts'

export interface AnsweredTokenRequest {
  /** As the request named them; undefined when it was refused before they were read. */
  readonly grantType: string | undefined
  readonly clientAuthMethod: string | undefined
}

export interface TokenRequestRecorder {
  /** @param result `issued`, or the code of the error */
  record(request: AnsweredTokenRequest, result: string, durationSeconds: number): void
  register(metrics: Metrics): void
}

interface Series {
  readonly labels: { readonly grant_type: string; readonly client_auth_method: string; readonly result: string }
  readonly durations: Histogram
}

const { buckets } = catalogue.credence_token_request_duration_seconds

/** @param grantTypes those that are supported; all others that callers think of are counted as `other` */
export const createTokenRequestRecorder = (grantTypes: readonly string[]): TokenRequestRecorder => {
  const byMethod = new Map<string, Map<string, Map<string, Series>>>()
  const named = new Map(grantTypes.map((name) => [name, name]))
  const labelOf = (grantType: string | undefined) =>
    grantType === undefined ? 'none' : (named.get(grantType) ?? 'other')

  const seriesOf = (clientAuthMethod: string, grantType: string, result: string): Series => {
    const byGrant = getOrCreate(byMethod, clientAuthMethod, () => new Map<string, Map<string, Series>>())
    const byResult = getOrCreate(byGrant, grantType, () => new Map<string, Series>())
    return getOrCreate(byResult, result, () => ({
      labels: { grant_type: grantType, client_auth_method: clientAuthMethod, result },
      durations: createHistogram(buckets),
    }))
  }
  const allSeries = () =>
    [...byMethod.values()].flatMap((byGrant) => [...byGrant.values()].flatMap((byResult) => [...byResult.values()]))

  return {
    record({ grantType, clientAuthMethod = 'none' }, result, durationSeconds) {
      seriesOf(clientAuthMethod, labelOf(grantType), result).durations.observe(durationSeconds)
    },
    register(metrics) {
      metrics.register('credence_token_requests_total', () =>
        allSeries().map(({ labels, durations }) => ({ labels, value: countOf(durations) })),
      )
      metrics.register('credence_token_request_duration_seconds', () => {
        const merged = new Map<string, { labels: { grant_type: string; result: string }; histogram: Histogram }>()
        for (const { labels, durations } of allSeries()) {
          const { grant_type, result } = labels
          const create = () => ({ labels: { grant_type, result }, histogram: createHistogram(buckets) })
          getOrCreate(merged, `${grant_type} ${result}`, create).histogram.add(durations.counts)
        }
        return [...merged.values()].map(({ labels, histogram }) => ({ labels, value: histogram.counts }))
      })
    },
  }
}

const countOf = ({ counts }: Histogram): number => counts.perBucket.reduce((sum, count) => sum + count, 0)
