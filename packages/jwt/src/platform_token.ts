/** Checking the token that a platform gives a workload, where it is presented as a client's assertion. RFC 7523 §3, RFC 8725 §3. */
import { type SignatureAlgorithm, signatureAlgorithms } from './algorithms.ts'
import type { DecodedJws } from './compact_jws.ts'
import { JwtError, quoteForMessage } from './jwt_error.ts'
import type { KeySet } from './key_set.ts'
import type { JsonObject } from './strict_json.ts'

export interface PlatformTokenRules {
  /** What `aud` has to be, with nothing beside it. */
  readonly audience: string
  /** Which `typ` is accepted, lower case; undefined stands for none in the header. */
  readonly types: readonly (string | undefined)[]
  /** From `iat` to `exp` at most, and so from now to `exp`. */
  readonly maxLifetimeSeconds: number
  /** Whether a token without `iat` is refused. */
  readonly issuedAtRequired: boolean
  /** Epoch seconds. */
  readonly now: number
}

/** Claims that {@link checkPlatformClaims} has found to be right; the others are as the platform put them. */
export interface PlatformClaims extends JsonObject {
  readonly sub: string
  /** Epoch seconds. */
  readonly exp: number
  readonly iat?: number
  readonly jti?: string
}

/** How far the platform's clock may be off. */
export const platformClockToleranceSeconds = 10

/**
 * Checks what any platform's token must have: type, subject, audience, times.
 *
 * Does not check: the signature, which is {@link checkPlatformSignature}'s; `iss`; whom the subject may speak for.
 *
 * @throws {JwtError} `wrong_type`, `invalid_claims`, `wrong_audience`, `expired`, `not_yet_valid`, `sender_constrained`
 * @see RFC 7523 §3
 */
export const checkPlatformClaims = ({ header, claims }: DecodedJws, rules: PlatformTokenRules): PlatformClaims => {
  if (!rules.types.includes(header.typ)) throw new JwtError('wrong_type', `typ is ${quoteForMessage(header.typ)}`)
  const { sub, jti, cnf } = claims
  if (typeof sub !== 'string' || sub === '') throw invalid('sub must be a string')
  if (jti !== undefined && (typeof jti !== 'string' || jti === '')) throw invalid('jti must be a string')
  // RFC 7800 §3: it belongs to whoever proves possession of the key, and an assertion brings no proof
  if (cnf !== undefined) throw new JwtError('sender_constrained', 'it is bound to a key by cnf')
  checkSoleAudience(claims, rules.audience)
  const times = checkTimes(claims, rules)
  return { ...claims, sub, ...times, ...(jti !== undefined && { jti }) }
}

/**
 * "The JWT MUST contain an "aud" (audience) claim containing a value that identifies the authorization server as an
 * intended audience." It must be the only one: whoever else it was meant for could present it here in the workload's place.
 */
const checkSoleAudience = ({ aud }: JsonObject, audience: string): void => {
  const sole: unknown = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud
  if (sole === audience) return
  if (Array.isArray(sole)) throw new JwtError('wrong_audience', `aud must be one value, and has ${sole.length}`)
  throw new JwtError('wrong_audience', `aud is ${quoteForMessage(sole)}`)
}

const checkTimes = ({ exp, iat, nbf }: JsonObject, rules: PlatformTokenRules): Pick<PlatformClaims, 'exp' | 'iat'> => {
  const { now, maxLifetimeSeconds, issuedAtRequired } = rules
  const latest = now + platformClockToleranceSeconds
  // "The JWT MUST contain an "exp" (expiration time) claim that limits the time window during which the JWT can be used."
  if (typeof exp !== 'number') throw invalid('exp must be a number')
  if (iat === undefined ? issuedAtRequired : typeof iat !== 'number') throw invalid('iat must be a number')
  if (nbf !== undefined && typeof nbf !== 'number') throw invalid('nbf must be a number')
  if (now >= exp + platformClockToleranceSeconds) {
    throw new JwtError('expired', `it expired ${Math.floor(now - exp)} s ago`)
  }
  const issuedAt = typeof iat === 'number' ? iat : latest
  if (issuedAt > latest) throw new JwtError('not_yet_valid', `iat is ${Math.ceil(issuedAt - now)} s ahead`)
  if (nbf !== undefined && nbf > latest) throw new JwtError('not_yet_valid', `nbf is ${Math.ceil(nbf - now)} s ahead`)
  // "The authorization server MAY reject JWTs with an "exp" claim value that is unreasonably far in the future"
  if (exp - issuedAt > maxLifetimeSeconds) {
    throw invalid(`it lives ${Math.floor(exp - issuedAt)} s, and may live ${maxLifetimeSeconds} s`)
  }
  return { exp, ...(typeof iat === 'number' && { iat }) }
}

/**
 * Checks the signature with the platform's own keys.
 *
 * @throws {JwtError} `unsupported_algorithm`, `bad_signature`; `unknown_key` and `keys_unavailable` from the key set.
 */
export const checkPlatformSignature = async (
  { header, signingInput, signature }: DecodedJws,
  keys: KeySet,
  algorithms: readonly SignatureAlgorithm[] = signatureAlgorithms,
): Promise<void> => {
  if (!algorithms.includes(header.algorithm.name)) {
    throw new JwtError('unsupported_algorithm', `${header.algorithm.name} is not accepted`)
  }
  const key = await keys.find(header.kid, header.algorithm)
  if (key.algorithm !== header.algorithm) {
    throw new JwtError('unsupported_algorithm', `the key is one for ${key.algorithm.name} only`)
  }
  if (!key.verify(signingInput, signature)) throw new JwtError('bad_signature', 'the signature does not verify')
}

const invalid = (message: string) => new JwtError('invalid_claims', message)
