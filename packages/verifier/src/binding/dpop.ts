/** DPoP at a resource: the proof that comes with a token, the nonces, and each proof once. RFC 9449 §7. */
import {
  createDpopNonces,
  createDpopProofVerifier,
  createMemoryReplayStore,
  DpopProofError,
  type ReplayStore,
  ReplayStoreFull,
  type SignatureAlgorithm,
  signatureAlgorithms,
} from '@credence/jwt'
import type { Clock } from '@credence/protocol'
import { RequestRefused } from '../refusal.ts'
import { headerValues, type ResourceRequest } from '../request.ts'
import { createTargetUriOf } from './target_uri_of.ts'

export interface DpopOptions {
  /**
   * Where clients reach this server, https (http on loopback): what the `htu` of a proof must be under. With a path, it is one
   * that a proxy in front takes off. The origin of `resource` unless given, where that is an http(s) URL.
   */
  readonly publicUrl?: string
  /** What proofs may be signed with. All that Credence knows, unless given. */
  readonly algorithms?: readonly SignatureAlgorithm[]
  /** How long after it was made a proof is accepted, 5 to 600. 60 unless given. */
  readonly proofMaxAgeSeconds?: number
  /** Asks for a nonce of this server in every proof, so that none can be made long before it is used. */
  readonly requireNonce?: boolean | NonceOptions
  /**
   * Where used proofs are remembered. A bounded store in this process unless given; replicas need one that they share. What
   * it does not answer within two seconds is refused with 503.
   */
  readonly replayStore?: ReplayStore
}

export interface NonceOptions {
  /** At least 32 bytes, the same for all replicas. Made at random for this process unless given. */
  readonly key?: Uint8Array
  /** How long a nonce is current; it is accepted as long again. 120 unless given. */
  readonly rotateAfterSeconds?: number
}

export type ProofClaim = Parameters<ReplayStore['claim']>

export interface DpopCheck {
  readonly algorithms: readonly SignatureAlgorithm[]
  /** Undefined where no nonce is needed. */
  readonly nonce: (() => string) | undefined
  /** Checks the proof of a request; returns what must be claimed for it to be good once. */
  check(request: ResourceRequest, token: { readonly accessToken: string; readonly jkt: string }): ProofClaim
  claim(claim: ProofClaim): Promise<void>
}

/**
 * Creates the check.
 *
 * @throws {TypeError} or {RangeError} when an option is not usable.
 */
export const createDpopCheck = (
  options: DpopOptions,
  { resource, clock }: { readonly resource: string; readonly clock: Clock },
): DpopCheck => {
  const { algorithms = signatureAlgorithms, proofMaxAgeSeconds, requireNonce = false } = options
  const { replayStore = createMemoryReplayStore({ clock }) } = options
  const targetUriOf = createTargetUriOf(options.publicUrl, resource)
  const nonces =
    requireNonce === false ? undefined : createDpopNonces({ clock, ...(requireNonce === true ? {} : requireNonce) })
  const verifyProof = createDpopProofVerifier({
    clock,
    algorithms,
    nonces,
    ...(proofMaxAgeSeconds !== undefined && { maxAgeSeconds: proofMaxAgeSeconds }),
  })
  return {
    algorithms,
    nonce: nonces?.current,
    check: ({ method, url, headers }, token) => {
      if (method === undefined || url === undefined) {
        throw new TypeError('a request with a DPoP proof needs its method and url to be verified')
      }
      const { claim } = verifyProof(headerValues(headers, 'dpop'), { method, targetUri: targetUriOf(url), token })
      return [claim.key, claim.expiresAtEpochSeconds]
    },
    claim: async (claim) => {
      // anything but a plain yes is a no
      if ((await claimFrom(replayStore, claim)) === true) return
      throw new DpopProofError('dpop_proof_replayed', 'the DPoP proof was used before')
    },
  }
}

const maxClaimMs = 2000

/** Nothing is accepted on the word of a store that cannot say. */
const claimFrom = async (store: ReplayStore, claim: ProofClaim): Promise<unknown> => {
  try {
    const answer: unknown = store.claim(...claim)
    return isThenable(answer) ? await withinTime(answer) : answer
  } catch (cause) {
    const isFull = cause instanceof ReplayStoreFull
    throw new RequestRefused(
      isFull ? 'replay_store_full' : 'replay_store_unavailable',
      'it cannot be told now whether the DPoP proof is new',
      { status: 503, error: 'temporarily_unavailable', cause },
    )
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value

const withinTime = async (answer: PromiseLike<unknown>): Promise<unknown> => {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${maxClaimMs} ms`)), maxClaimMs)
  try {
    return await Promise.race([answer, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
