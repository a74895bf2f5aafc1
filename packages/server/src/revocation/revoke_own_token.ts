/** What the revocation endpoint does with a token once it knows who asks. RFC 7009 §2.1. */
import { JwtError, type VerifiedClaims } from '@credence/jwt'
import { type Clock, OAuthError } from '@credence/protocol'
import type { AuditLog } from '../audit/audit_log.ts'
import type { AuthenticatedClient } from '../client_auth/client_auth_method.ts'
import type { ReadIssuedToken } from '../minting/read_issued_token.ts'
import type { LiveRevocations } from './live_revocations.ts'
import { revocationOfToken } from './new_revocation.ts'
import { revocationLimits } from './revocation_limits.ts'

/**
 * Resolves once the token is denied here, or was never worth denying.
 *
 * @throws {OAuthError} `unauthorized_client` when it is another client's, `unsupported_token_type`, `temporarily_unavailable`
 * @throws {StoreError} `unavailable`; the token may be revoked or not
 */
export type RevokeOwnToken = (token: string, client: AuthenticatedClient, remoteAddress: string) => Promise<void>

export interface RevokeOwnTokenDeps {
  readonly readIssuedToken: ReadIssuedToken
  readonly live: LiveRevocations
  readonly audit: AuditLog
  readonly clock: Clock
  /** Brings what was stored into force here. */
  readonly catchUp: () => Promise<void>
}

export const createRevokeOwnToken = (deps: RevokeOwnTokenDeps): RevokeOwnToken => {
  const { live, audit, clock } = deps
  return async (token, { record, credential }, address) => {
    const claims = await readIfAlive(token, deps.readIssuedToken)
    // §2.2: "invalid tokens do not cause an error response since the client cannot handle such an error in a reasonable way"
    if (claims === undefined) return
    const { clientId } = record.client
    // §2.1: "verifies whether the token was issued to the client making the revocation request. If this validation fails,
    // the request is refused"
    if (claims.client_id !== clientId) {
      throw new OAuthError('unauthorized_client', 'the token was issued to another client')
    }
    if (live.isDenied(claims)) return
    if (live.size >= revocationLimits.all || live.countOf(clientId) >= revocationLimits.ofOneClient) throw tooMany()
    const { iss: issuer, jti, exp: expiresAt, aud } = claims
    const audience = typeof aud === 'string' ? aud : undefined
    await audit.transaction(async (stores, append) => {
      await stores.revocations.append(
        revocationOfToken({ issuer, jti, expiresAt, clientId, audience }, clock.epochSeconds()),
      )
      append({
        actor: `client:${clientId}`,
        credentialId: credential.credentialId,
        address,
        action: 'token.revoke',
        subject: `tokens/${encodeURIComponent(jti)}`,
        outcome: 'done',
        details: { after: { jti, exp: expiresAt } },
      })
    })
    await deps.catchUp()
  }
}

const readIfAlive = async (token: string, read: ReadIssuedToken): Promise<VerifiedClaims | undefined> => {
  try {
    return await read(token)
  } catch (error) {
    if (!(error instanceof JwtError)) throw error
    // RFC 7009 §2.2.1: a JWT that says it is something else than an access token
    if (error.code === 'wrong_type') throw new OAuthError('unsupported_token_type', 'not an access token')
    return undefined
  }
}

/** §2.2.1: "If the server responds with HTTP status code 503, the client must assume the token still exists". */
const tooMany = () =>
  new OAuthError('temporarily_unavailable', 'too many tokens are revoked one by one; ask for a cut-off', {
    headers: { 'Retry-After': '60' },
    detail: 'the bound on revoked tokens is reached: credence revoke --client cuts off all of a client at once',
  })
