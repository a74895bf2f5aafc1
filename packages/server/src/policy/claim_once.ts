/** What may be used once is claimed last of all checks, in one atomic step. RFC 7523 §3, RFC 9449 §11.1. */
import { OAuthError } from '@credence/protocol'
import { longestClaimSeconds, type ReplayClaim, type ReplayStore } from '@credence/storage'

/**
 * Claims what the client authenticated with and what its token is bound by, together.
 *
 * @throws {OAuthError} `invalid_client` when the first, `invalid_dpop_proof` when only the second has been used before
 */
export type ClaimOnce = (
  ofClient: readonly ReplayClaim[],
  ofProof?: readonly ReplayClaim[],
) => undefined | Promise<void>

export interface ClaimOnceOptions {
  /** Epoch seconds: what was used before may be missing in the store, so that what was made before is refused. */
  readonly knownSince?: number | undefined
  /** Is told of each request that is refused here. */
  readonly onRefused?: (why: 'replayed' | 'uncertain') => void
}

/** What a clock may be ahead, of whoever made a claim: 10 s of RFC 7523 assertions and of RFC 9449 proofs. */
const toleranceSeconds = 10

/** Does not check: that the claims have not expired; whoever made them has. */
export const createClaimOnce = (
  store: Pick<ReplayStore, 'claim'>,
  { knownSince = Number.NEGATIVE_INFINITY, onRefused }: ClaimOnceOptions = {},
): ClaimOnce => {
  const isCertain = ({ expiresAt, issuedAt = expiresAt - longestClaimSeconds }: ReplayClaim): boolean =>
    issuedAt > knownSince + toleranceSeconds

  const claim = async (ofClient: readonly ReplayClaim[], ofProof: readonly ReplayClaim[]): Promise<void> => {
    const codeOf = (first: number) => (first < ofClient.length ? 'invalid_client' : 'invalid_dpop_proof')
    const claims = [...ofClient, ...ofProof]
    const uncertain = claims.findIndex((one) => !isCertain(one))
    if (uncertain !== -1) {
      onRefused?.('uncertain')
      const detail = 'issued before a backup was restored, or before the machine started or another took over'
      throw new OAuthError(codeOf(uncertain), 'it may have been used before: make it anew', { detail })
    }
    const replayed = (await store.claim(claims)).indexOf(false)
    if (replayed === -1) return
    onRefused?.('replayed')
    throw new OAuthError(codeOf(replayed), 'it has been used before', { detail: 'replay' })
  }

  // most requests have nothing to claim, and wait for nothing
  return (ofClient, ofProof = []) => (ofClient.length + ofProof.length === 0 ? undefined : claim(ofClient, ofProof))
}
