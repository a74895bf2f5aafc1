/** Notes what becomes of each verification: counts it, and publishes it where somebody listens. */
import type { Clock } from '@credence/protocol'
import type { AccessToken } from '../access_token.ts'
import type { Refusal, RefusalCode } from '../refusal.ts'
import { type VerifyEvent, verifyEvents } from './verify_events.ts'

/** Verifications since the resource server was created. */
export interface VerificationCounters {
  readonly accepted: number
  /** By reason; a reason that there has not been is absent. */
  readonly refused: Readonly<Partial<Record<RefusalCode, number>>>
  /** Ended by what a custom requirement, a claims schema or another part of the application threw. */
  readonly failed: number
  /** Those, whatever became of them, whose token was known from an earlier request. */
  readonly cacheHits: number
}

/** What is known of a verification under way; the verifier's road fills it in. */
export interface Verification {
  /** Milliseconds of the monotonic clock; 0 where nobody listens, and no clock is read. */
  readonly startedAtMs: number
  cached: boolean
  issuer: string | undefined
  token: AccessToken | undefined
}

export interface VerificationObserver {
  begin(): Verification
  /** Returns the outcome as it was given. */
  end<Outcome extends { readonly ok: true } | Refusal>(verification: Verification, outcome: Outcome): Outcome
  /** It ended with neither: something of the application threw. */
  fail(verification: Verification): void
  counters(): VerificationCounters
}

export const createVerificationObserver = (resource: string, clock: Clock): VerificationObserver => {
  let accepted = 0
  let failed = 0
  let cacheHits = 0
  const refused = new Map<RefusalCode, number>()

  const publish = (
    { startedAtMs, cached, issuer, token }: Verification,
    outcome: VerifyEvent['outcome'],
    refusal?: Refusal,
  ): void => {
    const event: VerifyEvent = {
      resource,
      outcome,
      code: refusal?.code,
      status: refusal?.status,
      issuer: token?.claims.iss ?? issuer,
      clientId: token?.clientId,
      cached,
      durationMs: startedAtMs === 0 ? 0 : clock.monotonicMs() - startedAtMs,
    }
    verifyEvents.publish(event)
  }

  return {
    begin: () => ({
      startedAtMs: verifyEvents.hasSubscribers ? clock.monotonicMs() : 0,
      cached: false,
      issuer: undefined,
      token: undefined,
    }),
    end: (verification, outcome) => {
      if (outcome.ok) accepted += 1
      else refused.set(outcome.code, (refused.get(outcome.code) ?? 0) + 1)
      if (verification.cached) cacheHits += 1
      if (verifyEvents.hasSubscribers) {
        if (outcome.ok) publish(verification, 'accepted')
        else publish(verification, 'refused', outcome)
      }
      return outcome
    },
    fail: (verification) => {
      failed += 1
      if (verification.cached) cacheHits += 1
      if (verifyEvents.hasSubscribers) publish(verification, 'failed')
    },
    counters: () => ({ accepted, refused: Object.fromEntries(refused), failed, cacheHits }),
  }
}
