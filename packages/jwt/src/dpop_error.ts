/** What is wrong with a DPoP proof, with a stable code. RFC 9449 §4.3, §7.1. */

/** Why a proof is refused. Stable: logs, metrics and callers may rely on the names. */
export const dpopErrorCodes = {
  dpop_proof_missing: 'There is no DPoP header.',
  dpop_proof_repeated: 'There is more than one DPoP header.',
  dpop_proof_malformed: 'The DPoP proof is not a signed token, too large, or has a header that may not be there.',
  dpop_proof_type: '`typ` of the DPoP proof is not `dpop+jwt`.',
  dpop_proof_algorithm: '`alg` of the DPoP proof is missing, `none`, symmetric, or not on the list.',
  dpop_proof_key: '`jwk` of the DPoP proof is missing, private, or not a key for its `alg`.',
  dpop_proof_signature: 'The DPoP proof is not signed by its own `jwk`.',
  dpop_proof_claims: 'A claim of the DPoP proof is missing or of the wrong type.',
  dpop_proof_method: '`htm` of the DPoP proof is not the method of the request.',
  dpop_proof_uri: '`htu` of the DPoP proof is not the URI of the request.',
  dpop_proof_time: 'The DPoP proof is too old, or from the future.',
  dpop_proof_token: '`ath` of the DPoP proof is not the hash of the access token.',
  dpop_nonce_required: 'The DPoP proof has no nonce, or one that is over. The answer brings a fresh one.',
  dpop_proof_replayed: 'The DPoP proof was used before.',
  wrong_dpop_key: 'The DPoP proof is signed by another key than the one the token is bound to.',
} as const

export type DpopErrorCode = keyof typeof dpopErrorCodes

/** The `error` of an answer. */
export type DpopWireError = 'invalid_dpop_proof' | 'use_dpop_nonce' | 'invalid_token'

/** A refused proof. The message holds nothing of the proof. */
export class DpopProofError extends Error {
  override readonly name = 'DpopProofError'
  readonly code: DpopErrorCode

  constructor(code: DpopErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  /** RFC 9449 §7.1 answers a proof by another key with `invalid_token`: the proof is in order, and the token is another's. */
  get error(): DpopWireError {
    if (this.code === 'dpop_nonce_required') return 'use_dpop_nonce'
    return this.code === 'wrong_dpop_key' ? 'invalid_token' : 'invalid_dpop_proof'
  }
}
