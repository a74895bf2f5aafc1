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
}

/** Finds what the request proves to hold. @throws {OAuthError} `invalid_dpop_proof`, `use_dpop_nonce` */
export type ReadBinding = (asked: TokenRequest, client: AuthenticatedClient) => SenderBinding | Promise<SenderBinding>

export const unbound: SenderBinding = { confirmation: undefined, replayClaims: [] }

/**
 * Checks that a token is bound where the API or the client says that it must be.
 *
 * @throws {OAuthError} `invalid_dpop_proof`, `invalid_request`
 * @see RFC 9449 §5.2
 */
export const checkBinding = (
  { api }: Authorization,
  { record: { client } }: AuthenticatedClient,
  { confirmation }: SenderBinding,
): void => {
  // "the authorization server MUST reject token requests from this client that do not contain the DPoP header"
  if (client.dpopBoundAccessTokens && confirmation?.jkt === undefined) {
    throw new OAuthError('invalid_dpop_proof', 'this client must prove a key: send a DPoP proof')
  }
  if (client.certificateBoundAccessTokens && confirmation?.['x5t#S256'] === undefined) {
    throw new OAuthError('invalid_request', 'this client must present its certificate: ask over mutual TLS')
  }
  if (api.senderConstraint === 'required' && confirmation === undefined) {
    throw new OAuthError(
      'invalid_request',
      `tokens for ${api.audience} must be bound to a key: send a DPoP proof, or ask over mutual TLS`,
    )
  }
}
