/** The way back from a token to its claims, for the server that issued it. RFC 7662 §4. */
import {
  decodeCompactJws,
  findTokenKey,
  JwtError,
  type KeySet,
  type VerifiedClaims,
  verifyWithKey,
} from '@credence/jwt'
import type { Clock } from '@credence/protocol'
import { isOpaqueToken, type OpaqueTokens } from './opaque_token.ts'

/**
 * The claims of an access token that this server issued and that has not expired, whatever API it is for.
 *
 * Does not check: revocation; proof of possession, where the token is bound.
 *
 * @throws {JwtError} with what is wrong with it
 */
export type ReadIssuedToken = (token: string) => Promise<VerifiedClaims>

export interface ReadIssuedTokenDeps {
  readonly issuer: string
  readonly keys: KeySet
  readonly opaqueTokens: OpaqueTokens
  readonly clock: Clock
}

export const createReadIssuedToken = (deps: ReadIssuedTokenDeps): ReadIssuedToken => {
  const readSigned = async (token: string): Promise<VerifiedClaims> => {
    const jws = decodeCompactJws(token)
    const { aud } = jws.claims
    const audience = String(Array.isArray(aud) ? aud[0] : aud)
    const options = { issuer: deps.issuer, audience, keys: deps.keys, clock: deps.clock }
    const key = await findTokenKey(jws, options)
    try {
      return verifyWithKey(jws, key, options)
    } catch (error) {
      // the last of the checks: all else is right, and whoever asks is told what the token is bound to
      if (error instanceof JwtError && error.code === 'sender_constrained') return jws.claims as VerifiedClaims
      throw error
    }
  }

  return async (token) => {
    const claims = isOpaqueToken(token)
      ? ((await deps.opaqueTokens.open(token)) as VerifiedClaims)
      : await readSigned(token)
    if (claims.iss !== deps.issuer) throw new JwtError('wrong_issuer', 'the issuer is another')
    // no clock but this one issued it, so none needs tolerance
    if (claims.exp <= deps.clock.epochSeconds()) throw new JwtError('expired', 'the token is expired')
    return claims
  }
}
