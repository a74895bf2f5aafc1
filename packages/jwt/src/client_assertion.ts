/** One client assertion: taken apart, and its claims checked. RFC 7523 §3, FAPI 2.0 Security Profile §5.3.2.1. */
import { type AlgorithmDescriptor, resolveAlgorithm } from './algorithms.ts'
import { decodeBase64url } from './base64url.ts'
import { type JoseHeader, parseBesidesAlgorithm, type SignedParts, takeApart } from './compact_jws.ts'
import { JwtError, quoteForMessage } from './jwt_error.ts'
import { type JsonObject, parseJsonObject } from './strict_json.ts'

export interface ClientAssertionHeader extends Omit<JoseHeader, 'algorithm'> {
  readonly algorithm: AlgorithmDescriptor | 'HS256'
}

/** An assertion taken apart. Nothing in it is verified. */
export type ClientAssertion = SignedParts<ClientAssertionHeader>

/** The `typ` that draft-ietf-oauth-rfc7523bis asks for. `JWT` or none at all, as RFC 7523 leaves it, will do. */
export const clientAssertionType = 'client-authentication+jwt'

const types: readonly (string | undefined)[] = [clientAssertionType, 'jwt', undefined]

/** How far a client's clock may be off, ahead or behind. FAPI 2.0: 10 s ahead must be accepted, 60 s must be refused. */
export const assertionToleranceSeconds = 10

/** How far ahead `exp` may be, tolerance aside: whoever could choose would fill the memory of what has been used. */
export const maxAssertionSeconds = 300

/** Enough for any UUID or digest, and not for keeping whatever one likes. */
export const maxJtiLength = 256

/**
 * Takes an assertion apart: strictly as any JWS.
 *
 * Does not check: the signature, any claim, its type, which a platform's token may have another than a client's own; and
 * of the algorithm only that it is one of ours or HS256, which is for nobody but a client that is registered for it.
 *
 * @throws {JwtError} `token_too_large`, `malformed_token`, `unsupported_algorithm`, `unsupported_header`
 */
export const decodeClientAssertion = (assertion: string): ClientAssertion => takeApart(assertion, readHeader)

const readHeader = (encoded: string): ClientAssertionHeader => {
  const members = parseJsonObject(decodeBase64url(encoded))
  const algorithm = members.alg === 'HS256' ? members.alg : resolveAlgorithm(members.alg)
  if (algorithm === undefined) throw new JwtError('unsupported_algorithm', `alg is ${quoteForMessage(members.alg)}`)
  const { kid, typ } = parseBesidesAlgorithm(members)
  return { algorithm, kid, typ }
}

/**
 * Checks that a header says of an assertion that it is a client's own.
 *
 * @throws {JwtError} `wrong_type`
 */
export const checkClientAssertionType = ({ typ }: ClientAssertionHeader): void => {
  if (!types.includes(typ)) throw new JwtError('wrong_type', `typ is ${quoteForMessage(typ)}`)
}

export interface AssertionExpectations {
  readonly clientId: string
  /** The issuer; for a client that is registered so, the token endpoint as well. */
  readonly audiences: readonly string[]
  /** Epoch seconds. */
  readonly now: number
}

/** What is left to do: to claim that it is used. Times in epoch seconds. */
export interface OneTimeAssertion {
  readonly jti: string
  /** From then on it is refused for its age. */
  readonly refusedFrom: number
  /** Not later than it was made. */
  readonly issuedAt: number
}

/**
 * Checks the claims of an assertion that a client made for itself.
 *
 * Does not check: the signature; that it is new, for which its `jti` must be claimed.
 *
 * @throws {JwtError} `invalid_claims`, `wrong_issuer`, `wrong_audience`, `expired`, `not_yet_valid`
 * @see RFC 7523 §3
 */
export const checkClientAssertion = (claims: JsonObject, expected: AssertionExpectations): OneTimeAssertion => {
  const { clientId, audiences, now } = expected
  const { iss, sub, aud, jti } = claims
  // "For client authentication, the subject MUST be the "client_id" of the OAuth client."
  if (sub !== clientId) throw invalid('sub is not the client_id')
  if (iss !== clientId) throw new JwtError('wrong_issuer', 'iss is not the client_id')
  // FAPI 2.0: "shall accept its issuer identifier value [...] as a string in the aud claim"; rfc7523bis: as its sole value
  if (typeof aud !== 'string') throw new JwtError('wrong_audience', 'aud must be a single string')
  if (!audiences.includes(aud)) throw new JwtError('wrong_audience', `aud is ${quoteForMessage(aud)}`)
  const { exp, issuedAt } = checkTimes(claims, now)
  if (typeof jti !== 'string' || jti === '') throw invalid('jti must be a string')
  if (jti.length > maxJtiLength) throw invalid(`jti has more than ${maxJtiLength} characters`)
  return { jti, refusedFrom: Math.ceil(exp + assertionToleranceSeconds), issuedAt }
}

const checkTimes = ({ exp, iat, nbf }: JsonObject, now: number) => {
  // "The JWT MUST contain an "exp" (expiration time) claim"
  if (typeof exp !== 'number') throw invalid('exp must be a number')
  for (const time of [iat, nbf]) {
    if (time !== undefined && typeof time !== 'number') throw invalid('iat and nbf must be numbers')
    if (time !== undefined && time > now + assertionToleranceSeconds) {
      throw new JwtError('not_yet_valid', `iat or nbf is ${Math.ceil(time - now)} s ahead: the client's clock is fast`)
    }
  }
  if (now >= exp + assertionToleranceSeconds) {
    throw new JwtError('expired', `exp was ${Math.floor(now - exp)} s ago: an assertion is made anew for each request`)
  }
  // "The authorization server may reject JWTs with an "exp" claim value that is unreasonably far in the future."
  if (exp > now + maxAssertionSeconds + assertionToleranceSeconds) {
    throw invalid(`exp is ${Math.floor(exp - now)} s ahead: it may be ${maxAssertionSeconds} at most`)
  }
  return { exp, issuedAt: typeof iat === 'number' ? iat : exp - maxAssertionSeconds }
}

const invalid = (message: string) => new JwtError('invalid_claims', message)
