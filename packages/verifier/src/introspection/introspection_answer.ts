/** What an issuer says of a token, checked as strictly as the claims of a signed one. RFC 7662 §2.2. */
import { type JsonObject, JwtError, parseAccessTokenClaims, quoteForMessage, type VerifiedClaims } from '@credence/jwt'
import { RequestRefused } from '../refusal.ts'

/** An answer: undefined for a token that is not active. */
export type IntrospectionAnswer = JsonObject | undefined

/**
 * Tells an active token's answer from that for an inactive one.
 *
 * @throws {Error} when `active` is neither true nor false: then nothing has been said.
 */
export const parseAnswer = (document: JsonObject): IntrospectionAnswer => {
  // "active REQUIRED. Boolean indicator": the string "true" is none
  if (document.active === true) return document
  if (document.active === false) return undefined
  throw new Error('the answer has no active that is true or false')
}

export interface AnswerExpectations {
  readonly issuer: string
  readonly audience: string
  readonly acceptsMissingAudience: boolean
  /** Epoch seconds. */
  readonly now: number
  readonly clockToleranceSeconds: number
  /** What is known already, where the token can be read here too. */
  readonly known?: VerifiedClaims | undefined
  /** An id for a token that has none. */
  readonly identify: () => string
}

/**
 * The claims of an active token. `sub` may be missing, where it is the client that acts for itself; `jti` too, and then the
 * digest of the token stands in for it. `exp`, `iat` and `client_id` are required.
 *
 * @throws {RequestRefused} `token_inactive`
 * @throws {JwtError} when the answer is about a token of another issuer or for another resource, expired, or not complete.
 */
export const claimsOfAnswer = (answer: IntrospectionAnswer, expected: AnswerExpectations): VerifiedClaims => {
  if (answer === undefined) {
    throw new RequestRefused('token_inactive', 'the token is not active', { status: 401, error: 'invalid_token' })
  }
  const { active: _, token_type: tokenType, ...said } = answer
  const { issuer, audience, known } = expected
  checkSameToken(said, known)
  const { iss = issuer, aud = expected.acceptsMissingAudience ? audience : undefined } = { ...known, ...said }
  if (iss !== issuer) throw new JwtError('wrong_issuer', `the issuer is ${quoteForMessage(iss)}`)
  if (aud === undefined) throw new JwtError('wrong_audience', 'the issuer does not say for which resource the token is')
  checkTokenType(tokenType, said)
  const claims = { ...known, ...said, iss, aud }
  const { sub = claims.client_id, jti = expected.identify() }: JsonObject = claims
  return parseAccessTokenClaims({ ...claims, sub, jti }, expected)
}

/**
 * What is neither Bearer nor DPoP is a refresh token, or bound in a way that nobody here could ask the proof of: RFC 6749
 * §7.1, "MUST NOT use an access token if it does not understand the token type".
 */
const checkTokenType = (tokenType: unknown, said: JsonObject): void => {
  const type = typeof tokenType === 'string' ? tokenType.toLowerCase() : tokenType
  if (type !== undefined && type !== 'bearer' && type !== 'dpop') {
    throw new JwtError('invalid_claims', 'token_type is neither Bearer nor DPoP')
  }
  if (type === 'dpop' && said.cnf === undefined) throw new JwtError('invalid_claims', 'a DPoP token must have cnf')
}

/** An answer that is about another token than the one that was sent says nothing about this one. */
const checkSameToken = (said: JsonObject, known: VerifiedClaims | undefined): void => {
  if (known === undefined) return
  const differs = (['jti', 'client_id', 'exp'] as const).find((name) => name in said && said[name] !== known[name])
  if (differs !== undefined) throw new JwtError('invalid_claims', `the issuer names another ${differs} than the token`)
}
