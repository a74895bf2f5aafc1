/** The limits of one replica: tokens per client, failed authentications per address, requests at once. */
import type { Clock, OAuthError } from '@credence/protocol'
import type { PresentedCredentials } from '../client_auth/client_auth_method.ts'
import { createFailedAttempts } from '../client_auth/failed_attempts.ts'
import { withoutSecrets } from '../client_auth/secrets/client_secret.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { type CheckQuota, createQuotaCheck, type QuotaReason } from '../policy/quota.ts'
import type { UsageRecorder } from '../usage/usage_recorder.ts'
import { createRateLimiter } from './rate_limiter.ts'
import { createRequestGate, type RequestGate } from './request_gate.ts'

export interface LimitSettings {
  /** Client authentications from one address that may fail in a minute before more of them are answered with 429. */
  readonly failedAuthenticationsPerMinute: number
  /** Requests to the form endpoints that may be worked on at once. */
  readonly maxRequestsAtOnce: number
}

export interface LimitsDeps {
  readonly settings: LimitSettings
  /** How many clients are remembered at most. */
  readonly clients: number
  readonly usage: Pick<UsageRecorder, 'noteRefused' | 'noteFailedAuthentication'>
  readonly metrics: Metrics
  readonly clock: Clock
}

export interface Limits {
  readonly checkQuota: CheckQuota
  readonly gate: RequestGate
  /** Counts a refusal to authenticate a client, and returns what to answer: 429 where there are too many. */
  refuseClient(refusal: OAuthError, presented: PresentedCredentials, remoteAddress: string): OAuthError
}

/** Networks that are remembered at once; who comes from more than these is not slowed down by it. */
const networks = 20_000

export const createLimits = ({ settings, clients, usage, metrics, clock }: LimitsDeps): Limits => {
  const overQuota: Record<QuotaReason, number> = { quota_exceeded: 0, quota_observed: 0 }
  const checkQuota = createQuotaCheck({
    limiter: createRateLimiter({ clock, capacity: clients }),
    noteRefused(clientId, reason) {
      overQuota[reason]++
      usage.noteRefused(clientId, reason)
    },
  })
  const failures = createFailedAttempts({
    limiter: createRateLimiter({ clock, capacity: networks }),
    perMinute: settings.failedAuthenticationsPerMinute,
  })
  const gate = createRequestGate(settings.maxRequestsAtOnce)

  metrics.register('credence_quota_exceeded_total', () => [
    { labels: { mode: 'enforce' }, value: overQuota.quota_exceeded },
    { labels: { mode: 'observe' }, value: overQuota.quota_observed },
  ])
  metrics.register('credence_failed_authentications_limited_total', () => [{ labels: {}, value: failures.limited }])
  metrics.register('credence_requests_at_once', () => [{ labels: {}, value: gate.underWay }])
  metrics.register('credence_requests_shed_total', () => [{ labels: {}, value: gate.refused }])

  return {
    checkQuota,
    gate,
    refuseClient(refusal, presented, remoteAddress) {
      if (refusal.code !== 'invalid_client') return refusal
      usage.noteFailedAuthentication(withoutSecrets(presented.clientId), remoteAddress)
      return failures.count(refusal, remoteAddress)
    },
  }
}
