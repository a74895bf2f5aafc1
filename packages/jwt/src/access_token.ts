/** Access tokens: their claims, and verifying one whole. RFC 9068 §2.2 and §4. */
import { type Clock, systemClock } from '@credence/protocol'
import { type SignatureAlgorithm, signatureAlgorithms } from './algorithms.ts'
import { type DecodedJws, decodeCompactJws } from './compact_jws.ts'
import { JwtError, quoteForMessage } from './jwt_error.ts'
import type { KeySet } from './key_set.ts'
import { isJsonObject, type JsonObject } from './strict_json.ts'
import type { VerificationKey } from './verification_key.ts'

/** `typ` of an access token. RFC 9068 §2.1. */
export const accessTokenType = 'at+jwt'

/** What Credence puts into an access token. Wire names; times in epoch seconds. */
export interface AccessTokenClaims {
  readonly iss: string
  readonly sub: string
  readonly client_id: string
  readonly aud: string | readonly string[]
  readonly scope: string
  readonly iat: number
  readonly exp: number
  readonly jti: string
  /** Which credential asked for the token, so that one credential's tokens can be revoked. */
  readonly credential_id: string
  /** Whom it is bound to. RFC 7800 §3.1. */
  readonly cnf?: Readonly<Record<string, unknown>> | undefined
}

/** The claims of a verified token of any issuer: what RFC 9068 requires is there, the rest is as the issuer put it. */
export interface VerifiedClaims {
  readonly iss: string
  readonly sub: string
  readonly client_id: string
  readonly aud: string | readonly string[]
  readonly scope?: string
  readonly iat: number
  readonly exp: number
  readonly jti: string
  /** Whom it is bound to. RFC 7800 §3.1. */
  readonly cnf?: Readonly<Record<string, unknown>>
  readonly [claim: string]: unknown
}

export interface VerifyOptions {
  /** Compared as a string, exactly. */
  readonly issuer: string
  /** Must be among the token's audiences. */
  readonly audience: string
  readonly keys: KeySet
  /** All that Credence knows, unless given. */
  readonly algorithms?: readonly SignatureAlgorithm[]
  /** How far the issuer's clock may be off, 0 to 60. 5 unless given. */
  readonly clockToleranceSeconds?: number
  readonly clock?: Clock
  /** Which `typ` is accepted, lower case; undefined stands for none in the header. `at+jwt` alone unless given. */
  readonly types?: readonly (string | undefined)[]
  /**
   * Puts the claims of an issuer that has its own names for them into those of RFC 9068, which are then checked as always.
   * It is given a token whose signature is good. Throws a {@link JwtError} for one that it has no reading of.
   */
  readonly translateClaims?: TranslateClaims
}

/** @param audience the resource the token has to be for */
export type TranslateClaims = (jws: DecodedJws, audience: string) => JsonObject

const rfc9068Types: readonly (string | undefined)[] = [accessTokenType]

export const defaultClockToleranceSeconds = 5
export const maxClockToleranceSeconds = 60

/**
 * Verifies an access token: form, type, issuer, key, signature, then every claim RFC 9068 requires.
 *
 * Does not check: scopes, revocation. A token bound to a key (`cnf`) is refused, since nothing here could check the proof.
 *
 * @throws {JwtError} with the code of the first thing that is wrong.
 * @throws {RangeError} when the clock tolerance is outside 0 to 60 seconds.
 * @see RFC 9068 §4
 */
export const verifyAccessToken = async (token: string, options: VerifyOptions): Promise<VerifiedClaims> => {
  checkClockTolerance(options.clockToleranceSeconds ?? defaultClockToleranceSeconds)
  const jws = decodeCompactJws(token)
  const key = findTokenKey(jws, options)
  const claims = verifyWithKey(jws, key instanceof Promise ? await key : key, options)
  // RFC 7800 §3: a token with cnf belongs to whoever proves possession of the key, not to its bearer
  if (claims.cnf !== undefined) {
    throw new JwtError('sender_constrained', 'the token is bound to a key, and sent without proof of it')
  }
  return claims
}

/**
 * The key to verify a token with, once its header and issuer are such that it is worth looking for.
 *
 * @throws {JwtError} `unsupported_algorithm`, `wrong_type`, `invalid_claims`, `wrong_issuer`, and what the key set throws.
 */
export const findTokenKey = ({ header, claims }: DecodedJws, options: VerifyOptions): ReturnType<KeySet['find']> => {
  const { issuer, keys, algorithms = signatureAlgorithms, types = rfc9068Types } = options
  if (!algorithms.includes(header.algorithm.name)) {
    throw new JwtError('unsupported_algorithm', `${header.algorithm.name} is not accepted from this issuer`)
  }
  // "The resource server MUST verify that the "typ" header value is "at+jwt" or "application/at+jwt""
  if (!types.includes(header.typ)) throw new JwtError('wrong_type', `typ is ${quoteForMessage(header.typ)}`)
  checkIssuer(claims, issuer)
  return keys.find(header.kid, header.algorithm)
}

/**
 * Verifies the signature, then every claim.
 *
 * Does not check: the header and the issuer, which {@link findTokenKey} has; what a token with `cnf` is bound to, which is
 * its caller's to prove or to refuse.
 *
 * @throws {JwtError}
 */
export const verifyWithKey = (jws: DecodedJws, key: VerificationKey, options: VerifyOptions): VerifiedClaims => {
  const { header, signingInput, signature } = jws
  const { audience, clock = systemClock, clockToleranceSeconds = defaultClockToleranceSeconds } = options
  if (key.algorithm !== header.algorithm) {
    throw new JwtError('unsupported_algorithm', `the key is one for ${key.algorithm.name} only`)
  }
  if (!key.verify(signingInput, signature)) throw new JwtError('bad_signature', 'the signature does not verify')
  const claims = options.translateClaims?.(jws, audience) ?? jws.claims
  return parseAccessTokenClaims(claims, { audience, now: clock.epochSeconds(), clockToleranceSeconds })
}

export interface ClaimExpectations {
  readonly audience: string
  /** Epoch seconds. */
  readonly now: number
  readonly clockToleranceSeconds: number
}

/**
 * Reads claims as those of an access token: what RFC 9068 requires has to be there and right.
 *
 * Does not check: `iss`; what a token with `cnf` is bound to.
 *
 * @throws {JwtError} `invalid_claims`, `wrong_audience`, `expired`, `not_yet_valid`
 * @see RFC 9068 §2.2 and §4
 */
export const parseAccessTokenClaims = (claims: JsonObject, expected: ClaimExpectations): VerifiedClaims => {
  const { audience, now, clockToleranceSeconds } = expected
  checkAudience(claims, audience)
  checkTimes(claims, now, clockToleranceSeconds)
  checkIdentifiers(claims)
  // "The value of the "cnf" claim MUST be a JSON object" (RFC 7800 §3.1)
  if (claims.cnf !== undefined && !isJsonObject(claims.cnf)) throw invalid('cnf must be an object')
  return claims as VerifiedClaims
}

/**
 * Checks a configured clock tolerance.
 *
 * @throws {RangeError} when it is outside 0 to 60 seconds.
 */
export const checkClockTolerance = (seconds: number): void => {
  if (!(seconds >= 0 && seconds <= maxClockToleranceSeconds)) {
    throw new RangeError(`clockToleranceSeconds must be from 0 to ${maxClockToleranceSeconds}`)
  }
}

/** "The issuer identifier for the authorization server [...] MUST exactly match the value of the "iss" claim." */
const checkIssuer = (claims: JsonObject, issuer: string): void => {
  if (typeof claims.iss !== 'string') throw invalid('iss must be a string')
  if (claims.iss !== issuer) throw new JwtError('wrong_issuer', `the issuer is ${quoteForMessage(claims.iss)}`)
}

/** "The resource server MUST validate that the "aud" claim contains a resource indicator value [...] for itself." */
const checkAudience = ({ aud }: JsonObject, audience: string): void => {
  if (aud === audience) return
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (audiences.length === 0 || !audiences.every(isNonEmptyString)) throw invalid('aud must be a string or strings')
  if (!audiences.includes(audience)) throw new JwtError('wrong_audience', 'the token is for another resource')
}

const checkTimes = ({ exp, iat, nbf }: JsonObject, now: number, tolerance: number): void => {
  if (typeof exp !== 'number') throw invalid('exp must be a number')
  if (typeof iat !== 'number') throw invalid('iat must be a number')
  if (nbf !== undefined && typeof nbf !== 'number') throw invalid('nbf must be a number')
  // "The current time MUST be before the time represented by the "exp" claim."
  if (now >= exp + tolerance) throw new JwtError('expired', 'the token is expired')
  if (iat > now + tolerance) throw new JwtError('not_yet_valid', 'the token was issued in the future')
  if (nbf !== undefined && nbf > now + tolerance) throw new JwtError('not_yet_valid', 'the token is not valid yet')
}

const checkIdentifiers = ({ sub, client_id: clientId, jti, scope }: JsonObject): void => {
  if (!isNonEmptyString(sub)) throw invalid('sub must be a string')
  if (!isNonEmptyString(clientId)) throw invalid('client_id must be a string')
  if (!isNonEmptyString(jti)) throw invalid('jti must be a string')
  if (scope !== undefined && typeof scope !== 'string') throw invalid('scope must be a string')
}

const isNonEmptyString = (value: unknown): value is string => typeof value === 'string' && value !== ''

const invalid = (message: string) => new JwtError('invalid_claims', message)
