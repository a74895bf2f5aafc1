/** Binds a token to the key that the request's DPoP proof is signed with. RFC 9449 §5. */
import {
  createDpopProofVerifier,
  type DpopNonces,
  type DpopProof,
  DpopProofError,
  type SignatureAlgorithm,
} from '@credence/jwt'
import { type Clock, OAuthError } from '@credence/protocol'
import { type ReadBinding, type SenderBinding, unbound } from '../policy/sender_binding.ts'
import { dpopNonceHeader } from './dpop_headers.ts'

/** As in dpop_signing_alg_values_supported (RFC 9449 §5.1), in order of preference. */
export const dpopSigningAlgorithms: readonly SignatureAlgorithm[] = ['ES256', 'EdDSA', 'PS256', 'RS256']

export interface DpopBindingDeps {
  /**
   * `htu` of a proof is one of these: the endpoint as the configured issuer has it, and its alias for mutual TLS (RFC 8705
   * §5). Never what a request's Host or X-Forwarded-* say.
   */
  readonly tokenEndpoints: readonly string[]
  readonly algorithms: readonly SignatureAlgorithm[]
  /** Given, every proof must have one of these. */
  readonly nonces: DpopNonces | undefined
  readonly clock: Clock
}

/** How long after its `iat` a proof is accepted, and how far ahead the client's clock may be. Seconds. */
export const proofTimes = { maxAgeSeconds: 60, clockToleranceSeconds: 10 } as const

/**
 * Creates the reading of the proof at the token endpoint.
 *
 * Does not check: that the proof is new. Its replay claim is for the endpoint to make, after every other check.
 */
export const createDpopBinding = ({ tokenEndpoints, algorithms, nonces, clock }: DpopBindingDeps): ReadBinding => {
  const verify = createDpopProofVerifier({ ...proofTimes, clock, algorithms, nonces })

  const proveKey = (proofs: readonly string[], [targetUri = '', ...others]: readonly string[]): DpopProof => {
    try {
      return verify(proofs, { method: 'POST', targetUri })
    } catch (error) {
      if (!(error instanceof DpopProofError)) throw error
      if (error.code === 'dpop_proof_uri' && others.length > 0) return proveKey(proofs, others)
      throw toRefusal(error, nonces)
    }
  }

  return ({ dpopProofs }): SenderBinding => {
    if (dpopProofs.length === 0) return unbound
    const { jkt, claim } = proveKey(dpopProofs, tokenEndpoints)
    const expiresAt = claim.expiresAtEpochSeconds
    return {
      confirmation: { jkt },
      replayClaims: [{ entry: claim.key, expiresAt, issuedAt: expiresAt - proofTimes.maxAgeSeconds - 1 }],
      // §8.2: "The authorization server MAY supply the new nonce in the same way that the initial one is supplied"
      ...(nonces !== undefined && { dpopNonce: nonces.current() }),
    }
  }
}

/** The proof is the client's own, so it may know what is wrong with it. A nonce that is asked for is no fault worth a log line. */
const toRefusal = ({ error, code, message }: DpopProofError, nonces: DpopNonces | undefined): OAuthError =>
  error === 'use_dpop_nonce' && nonces !== undefined
    ? new OAuthError('use_dpop_nonce', message, { headers: { [dpopNonceHeader]: nonces.current() } })
    : new OAuthError('invalid_dpop_proof', message, { detail: code })
