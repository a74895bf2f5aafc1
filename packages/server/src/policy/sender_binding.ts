/** To which key a token is bound, and whether it has to be. RFC 9449 §5, RFC 8705 §3. */
import { OAuthError } from '@credence/protocol'
import type { ReplayClaim } from '@credence/storage'
import type { AuthenticatedClient } from '../client_auth/client_auth_method.ts'
import type { TokenRequest } from '../endpoints/token_request.ts'
import type { Authorization } from '../grants/authorization.ts'

/** `cnf` of the token, in wire names. RFC 7800 §3.1. */
export type Confirmation = {
  /** RFC 9449 §6.1 */
  readonly jkt?: string
  /** RFC 8705 §3.1 */
  readonly 'x5t#S256'?: string
}

export interface SenderBinding {
  /** Undefined: a bearer token. */
  readonly confirmation: Confirmation | undefined
  /** What the proof may be used for once. */
  readonly replayClaims: readonly ReplayClaim[]
  /** The nonce for the client's next proof. RFC 9449 §8.2. */
  readonly dpopNonce?: string
}

/** Finds what the request proves to hold. @throws {OAuthError} `invalid_dpop_proof`, `use_dpop_nonce` */
export type ReadBinding = (asked: TokenRequest, client: AuthenticatedClient) => SenderBinding

export const unbound: SenderBinding = { confirmation: undefined, replayClaims: [] }

/** Both readings as one. A token that is bound in two ways needs both proofs wherever it is used. */
export const joinBindings =
  (one: ReadBinding, other: ReadBinding): ReadBinding =>
  (asked, client) => {
    const first = one(asked, client)
    const second = other(asked, client)
    if (second.confirmation === undefined) return first
    if (first.confirmation === undefined) return second
    return {
      ...{ ...second, ...first },
      confirmation: { ...first.confirmation, ...second.confirmation },
      replayClaims: [...first.replayClaims, ...second.replayClaims],
    }
  }

/**
 * Checks that a token is bound where the API or the client says that it must be.
 *
 * @throws {OAuthError} `invalid_dpop_proof`, `invalid_request`
 * @see RFC 9449 §5.2, RFC 8705 §3.4
 */
export const checkBinding = (
  { api }: Authorization,
  { record: { client } }: AuthenticatedClient,
  { confirmation }: SenderBinding,
): void => {
  // "the authorization server MUST reject token requests from this client that do not contain the DPoP header"
  if (client.dpopBoundAccessTokens && confirmation?.jkt === undefined) {
    throw new OAuthError(
      'invalid_dpop_proof',
      `${client.clientId} is registered with dpop_bound_access_tokens: send a DPoP proof with the token request`,
      { detail: `no DPoP proof; ${client.clientId} has dpop_bound_access_tokens` },
    )
  }
  if (client.certificateBoundAccessTokens && confirmation?.['x5t#S256'] === undefined) {
    throw new OAuthError(
      'invalid_request',
      `${client.clientId} is registered with tls_client_certificate_bound_access_tokens: send the token request over mutual TLS`,
      { detail: `no certificate; ${client.clientId} has tls_client_certificate_bound_access_tokens` },
    )
  }
  if (api.senderConstraint === 'required' && confirmation === undefined) throw mustBeBound(`tokens for ${api.audience}`)
}

/** @param what must be bound */
export const mustBeBound = (what: string): OAuthError =>
  new OAuthError(
    'invalid_request',
    `${what} must be bound to a key: send a DPoP proof with the token request, or send it over mutual TLS`,
    { detail: `neither a DPoP proof nor a certificate; ${what} must be bound` },
  )
