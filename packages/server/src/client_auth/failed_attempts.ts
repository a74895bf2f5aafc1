/** Slows down who guesses: failed client authentications are counted by address. RFC 6749 §2.3.1, RFC 6585 §4. */
import { OAuthError } from '@credence/protocol'
import { networkOf } from '../limits/network_address.ts'
import { type RateLimiter, retryAfter } from '../limits/rate_limiter.ts'

export interface FailedAttempts {
  /**
   * Counts an attempt that has failed, and returns what to answer.
   *
   * RFC 6749 §2.3.1: "the authorization server MUST protect any endpoint utilizing it against brute force attacks." Only
   * what has failed comes here, so that nobody is kept out who has the right secret, whoever else is at the same address.
   */
  count(refusal: OAuthError, remoteAddress: string): OAuthError
  /** How many were answered with 429. */
  readonly limited: number
}

export interface FailedAttemptsOptions {
  readonly limiter: RateLimiter
  readonly perMinute: number
}

export const createFailedAttempts = ({ limiter, perMinute }: FailedAttemptsOptions): FailedAttempts => {
  let limited = 0
  return {
    count(refusal, remoteAddress) {
      const waitMs = limiter.take(networkOf(remoteAddress), perMinute)
      if (waitMs === 0) return refusal
      limited++
      return new OAuthError(
        'temporarily_unavailable',
        'client authentication failed, as it did too often from this address: correct the credentials before trying again',
        { status: 429, headers: retryAfter(waitMs) },
      )
    },
    get limited() {
      return limited
    },
  }
}
