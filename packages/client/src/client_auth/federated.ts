/** A platform's own token as the client's assertion: Kubernetes, GitHub Actions, SPIFFE. RFC 7523 §2.2, draft-ietf-oauth-spiffe-client-auth. */
import { jwtBearerAssertionType, jwtSpiffeAssertionType } from '@credence/protocol'
import { TokenError } from '../token_error.ts'
import type { ClientAuth } from './client_auth.ts'

/** Gives the platform's token; asked for every token request. */
export type PlatformTokenSource = () => string | Promise<string>

export interface FederatedOptions {
  readonly token: PlatformTokenSource
  /** `jwt-spiffe` for a SPIFFE JWT-SVID. Default: `jwt-bearer`. */
  readonly type?: 'jwt-bearer' | 'jwt-spiffe' | undefined
}

const assertionTypes = {
  'jwt-bearer': jwtBearerAssertionType,
  'jwt-spiffe': jwtSpiffeAssertionType,
} as const

/**
 * The token that the platform gives this workload, so that there is no secret to keep.
 *
 * Its audience has to be the authorization server's issuer. It is sent to the token endpoint as it is and nowhere else.
 *
 * Does not check: the token's signature, audience or expiry; the authorization server does.
 *
 * @throws {TokenError} `invalid_configuration` for another type than the two
 */
export const federated = ({ token, type = 'jwt-bearer' }: FederatedOptions): ClientAuth => {
  const assertionType = Object.hasOwn(assertionTypes, type) ? assertionTypes[type] : undefined
  if (assertionType === undefined || typeof token !== 'function') {
    throw new TokenError(
      'invalid_configuration',
      "federated: token must be a function, type 'jwt-bearer' or 'jwt-spiffe'",
    )
  }
  return async (_server, { client_id }, body) => {
    const assertion = (await token()).trim()
    if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(assertion)) {
      throw new TokenError(
        'credential_unavailable',
        'the platform gave no JWT: three parts of base64url with dots between',
      )
    }
    body.set('client_id', client_id)
    body.set('client_assertion_type', assertionType)
    body.set('client_assertion', assertion)
  }
}
