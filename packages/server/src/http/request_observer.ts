/** Who watches the public listener: metrics always, and the log when it is to have every request. */
import { type Clock, OAuthError } from '@credence/protocol'
import type { Logger } from 'pino'
import { publicPaths } from '../endpoints/metadata.ts'
import { createCounts } from '../metrics/counts.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { createTokenRequestRecorder } from '../metrics/token_requests.ts'
import type { RequestActivity } from './request_activity.ts'

/** Is told of every request once its answer is being written; `error` is undefined when it was no refusal. */
export type RequestObserver = (activity: RequestActivity, status: number, error?: unknown) => void

export interface RequestObserverDeps {
  readonly metrics: Metrics
  /** Wire names of the supported grant types. */
  readonly grantTypes: readonly string[]
  readonly clock: Clock
  readonly logger: Logger
}

export const createRequestObserver = ({ metrics, grantTypes, clock, logger }: RequestObserverDeps): RequestObserver => {
  const requests = createCounts()
  metrics.register('credence_http_requests_total', () =>
    requests.entries().map(([endpoint, status, value]) => ({ labels: { endpoint, status }, value })),
  )
  const tokenRequests = createTokenRequestRecorder(grantTypes)
  tokenRequests.register(metrics)
  const isEveryRequestLogged = logger.isLevelEnabled('debug')

  return (activity, status, error) => {
    const seconds = (clock.monotonicMs() - activity.startedAtMs) / 1000
    requests.add(activity.endpoint, statusTexts[status] ?? String(status))
    const code = error === undefined ? undefined : codeOf(error)
    if (activity.endpoint === publicPaths.token) tokenRequests.record(activity, resultOf(status, code), seconds)
    if (isEveryRequestLogged) {
      const { ids, endpoint } = activity
      logger.debug({ ...ids, endpoint, status, error: code, duration_seconds: seconds }, 'request')
    }
  }
}

const codeOf = (error: unknown): string => (error instanceof OAuthError ? error.code : 'server_error')

/** RFC 6585 §4: who is told to slow down is told so by the status; the code is that of a server that cannot. */
const resultOf = (status: number, code: string | undefined): string =>
  status === 429 ? 'too_many_requests' : (code ?? 'issued')

/** A number made into text once and not for every request. */
const statusTexts: Readonly<Record<number, string>> = { 200: '200', 304: '304', 400: '400', 401: '401', 429: '429' }
