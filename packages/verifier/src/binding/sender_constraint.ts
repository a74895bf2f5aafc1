/** Whether whoever sent a token is the one it is bound to. Asked with every request, whether or not the token is cached. RFC 9449 §7, RFC 8705 §3. */
import type { Clock } from '@credence/protocol'
import type { Credentials, TokenScheme } from '../read_credentials.ts'
import { type RefusalCode, RequestRefused } from '../refusal.ts'
import type { ResourceRequest } from '../request.ts'
import { checkCertificate } from './check_certificate.ts'
import { createClientCertificateReader, type MutualTlsOptions } from './client_certificate.ts'
import type { Confirmation } from './confirmation.ts'
import { createDpopCheck, type DpopOptions, type ProofClaim } from './dpop.ts'

export interface SenderConstraintOptions {
  /** Accepts the scheme DPoP, and tokens bound to a key by `cnf.jkt`. RFC 9449. */
  readonly dpop?: DpopOptions
  /** How client certificates come to be known. Tokens bound to the connection's own certificate need nothing here. RFC 8705. */
  readonly mutualTls?: MutualTlsOptions
  /** Refuses bearer tokens: a stolen token alone is then worth nothing. */
  readonly requireBoundTokens?: boolean
}

export interface SenderConstraint {
  readonly acceptsDpop: boolean
  /** For challenges. */
  readonly accepts: {
    readonly schemes: readonly TokenScheme[]
    readonly dpopAlgorithms: readonly string[]
    readonly dpopNonce: (() => string) | undefined
  }
  /**
   * Checks that the sender is the one the token is bound to, by everything it is bound by.
   *
   * Does not check: that the DPoP proof is new. What is returned must be claimed, after every other check.
   *
   * @throws {RequestRefused} or {DpopProofError}
   */
  check(
    request: ResourceRequest,
    credentials: Credentials,
    confirmation: Confirmation | undefined,
  ): ProofClaim | undefined
  /**
   * Claims a DPoP proof, which is good once.
   *
   * @throws {DpopProofError} `dpop_proof_replayed`
   * @throws {RequestRefused} 503 when nobody can say whether it is new.
   */
  claimProof(claim: ProofClaim): Promise<void>
  /** What an answer to a DPoP request carries. */
  answerHeaders(): Readonly<Record<string, string>>
}

interface SenderConstraintContext {
  readonly resource: string
  readonly clock: Clock
}

const noHeaders: Readonly<Record<string, string>> = Object.freeze({})

/**
 * Creates the check.
 *
 * @throws {TypeError} or {RangeError} when an option is not usable.
 */
export const createSenderConstraint = (
  options: SenderConstraintOptions,
  context: SenderConstraintContext,
): SenderConstraint => {
  const { mutualTls = {}, requireBoundTokens = false } = options
  const dpop = options.dpop && createDpopCheck(options.dpop, context)
  const readClientCertificate = createClientCertificateReader(mutualTls)
  const nonce = dpop?.nonce

  const checkProof = (request: ResourceRequest, { scheme, token }: Credentials, jkt: string): ProofClaim => {
    if (dpop === undefined || scheme !== 'DPoP') {
      throw refused('sender_constrained', 'the token is bound to a key, and sent without proof of it')
    }
    return dpop.check(request, { accessToken: token, jkt })
  }

  return {
    acceptsDpop: dpop !== undefined,
    accepts: {
      schemes: schemesOf(options),
      dpopAlgorithms: dpop?.algorithms ?? [],
      dpopNonce: nonce,
    },
    check: (request, credentials, confirmation) => {
      // RFC 9449 §7.1: the scheme is one for tokens that are bound to a key, and for no others
      if (credentials.scheme === 'DPoP' && confirmation?.jkt === undefined) {
        throw refused('dpop_unbound_token', 'the token is not bound to a key')
      }
      if (confirmation === undefined) {
        if (requireBoundTokens) throw refused('bound_token_required', 'the token must be bound to a key')
        return undefined
      }
      const { jkt, certificateThumbprint } = confirmation
      if (certificateThumbprint !== undefined) checkCertificate(readClientCertificate(request), certificateThumbprint)
      return jkt === undefined ? undefined : checkProof(request, credentials, jkt)
    },
    claimProof: async (claim) => await dpop?.claim(claim),
    answerHeaders: () => (nonce === undefined ? noHeaders : { 'dpop-nonce': nonce() }),
  }
}

/** Bearer goes where no token may be sent so: certificate-bound tokens are (RFC 8705 §3), those bound by DPoP are not. */
const schemesOf = ({
  dpop,
  mutualTls,
  requireBoundTokens = false,
}: SenderConstraintOptions): readonly TokenScheme[] => {
  if (dpop === undefined) return ['Bearer']
  return requireBoundTokens && mutualTls === undefined ? ['DPoP'] : ['Bearer', 'DPoP']
}

const refused = (code: RefusalCode, description: string) =>
  new RequestRefused(code, description, { status: 401, error: 'invalid_token' })
