/** How many tokens a client may get: its quota, refused or only counted. RFC 6585 §4. */
import { OAuthError } from '@credence/protocol'
import type { Client } from '@credence/storage'
import { type RateLimiter, retryAfter } from '../limits/rate_limiter.ts'

/**
 * Takes one token from what a client may get on this replica.
 *
 * @param ttlSeconds how long the token that is asked for would live
 * @throws {OAuthError} `temporarily_unavailable` with status 429 and Retry-After when there is none, and the quota is enforced
 */
export type CheckQuota = (client: Client, ttlSeconds: number) => void

export interface QuotaDeps {
  readonly limiter: RateLimiter
  readonly noteRefused: (clientId: string, reason: QuotaReason) => void
}

/** What a request beyond the quota is counted as. */
export type QuotaReason = 'quota_exceeded' | 'quota_observed'

export const createQuotaCheck =
  ({ limiter, noteRefused }: QuotaDeps): CheckQuota =>
  ({ clientId, quota }, ttlSeconds) => {
    if (quota === undefined) return
    const waitMs = limiter.take(clientId, quota.tokensPerMinute)
    if (waitMs === 0) return
    noteRefused(clientId, quota.mode === 'observe' ? 'quota_observed' : 'quota_exceeded')
    if (quota.mode === 'observe') return
    throw new OAuthError(
      'temporarily_unavailable',
      `more than the ${quota.tokensPerMinute} tokens a minute of this client: keep the token and use it again, it lives ${ttlSeconds} seconds`,
      // "The 429 status code indicates that the user has sent too many requests in a given amount of time"
      { status: 429, headers: retryAfter(waitMs) },
    )
  }
