/** From the text of a token to what it says: verified with its issuer's keys, or asked for. RFC 9068 §4, RFC 7662. */
import { decodeCompactJws, findTokenKey, JwtError, type VerifiedClaims, verifyWithKey } from '@credence/jwt'
import { createAccessToken } from './access_token.ts'
import { parseConfirmation } from './binding/confirmation.ts'
import { parseClaims, type StandardSchema } from './claims_schema.ts'
import type { Verification } from './observability/observer.ts'
import { checkTokenSyntax } from './read_credentials.ts'
import type { TrustedIssuers } from './trusted_issuers.ts'
import type { VerifiedToken, VerifiedTokenCache } from './verified_token_cache.ts'

export interface TokenVerifierSettings {
  readonly issuers: TrustedIssuers
  /** Takes in what was verified here. What an issuer answers has a cache of its own. */
  readonly cache: VerifiedTokenCache
  readonly schema: StandardSchema<object> | undefined
}

/**
 * Verifies a token that is not known yet, and notes the issuer it is of.
 *
 * Does not check: possession, revocation and scopes, which belong to the request.
 *
 * @throws {RequestRefused} or {JwtError}
 */
export type VerifyToken = (
  raw: string,
  verification: Verification,
) => Promise<Pick<VerifiedToken, 'token' | 'confirmation'>>

export const createTokenVerifier = ({ issuers, cache, schema }: TokenVerifierSettings): VerifyToken => {
  const createToken = async (claims: VerifiedClaims) =>
    createAccessToken(schema === undefined ? claims : await parseClaims(claims, schema))

  return async (raw, verification) => {
    const introspector = issuers.introspectorFor(raw)
    if (introspector !== undefined) {
      checkTokenSyntax(raw)
      verification.issuer = introspector.issuer
      const claims = await introspector.introspect(raw)
      return { confirmation: parseConfirmation(claims), token: await createToken(claims) }
    }
    const jws = decodeToken(raw)
    // read before it is verified, and only to choose whose keys to verify it with
    const trusted = issuers.get(jws.claims.iss)
    if (trusted === undefined) throw new JwtError('wrong_issuer', 'the issuer of the token is not trusted here')
    verification.issuer = trusted.issuer
    const key = await findTokenKey(jws, trusted)
    const claims = verifyWithKey(jws, key, trusted)
    const confirmation = parseConfirmation(claims)
    const verified = { token: await createToken(claims), confirmation, keys: trusted.keys, key }
    cache.set(raw, verified)
    return verified
  }
}

/** What has not even the form of a token is a malformed request, RFC 6750 §3.1; what has it and is no JWS is a bad token. */
const decodeToken = (raw: string) => {
  try {
    return decodeCompactJws(raw)
  } catch (error) {
    checkTokenSyntax(raw)
    throw error
  }
}
