/** What may be used once is claimed last of all checks, in one atomic step. RFC 7523 §3, RFC 9449 §11.1. */
import { OAuthError } from '@credence/protocol'
import type { ReplayClaim, ReplayStore } from '@credence/storage'

/** @throws {OAuthError} `invalid_client` or `invalid_dpop_proof`, whichever `refusal` says, when one has been used before */
export type ClaimOnce = (claims: readonly ReplayClaim[], refusal: ReplayRefusal) => Promise<void>

export type ReplayRefusal = 'invalid_client' | 'invalid_dpop_proof'

/** Does not check: that the claims have not expired; whoever made them has. */
export const createClaimOnce =
  (store: Pick<ReplayStore, 'claim'>): ClaimOnce =>
  async (claims, refusal) => {
    if (claims.length === 0) return
    const claimed = await store.claim(claims)
    if (claimed.includes(false)) throw new OAuthError(refusal, 'it has been used before', { detail: 'replay' })
  }
