/** How the access tokens of an issuer differ from RFC 9068, and what is checked in return. RFC 9068 §2, RFC 8725 §3.12. */
import { createHash } from 'node:crypto'
import {
  type DecodedJws,
  type JsonObject,
  JwtError,
  type SignatureAlgorithm,
  type TranslateClaims,
} from '@credence/jwt'
import { formatScope, isScopeToken } from '@credence/protocol'

/** One thing that a profile accepts and RFC 9068 does not. */
export interface Relaxation {
  /** What is accepted. */
  readonly what: string
  /** Why a token that is none of this issuer's access tokens for this resource still does not pass. */
  readonly why: string
}

/** The signature, the issuer, the audience and every time are checked in each profile; none turns a check off. */
export interface TokenProfile {
  readonly name: string
  /** The `typ` of its tokens, lower case; undefined stands for none in the header. */
  readonly types: readonly (string | undefined)[]
  readonly relaxations: readonly Relaxation[]
  /** What the issuer signs with. Any algorithm that is known here, unless given. */
  readonly algorithms?: readonly SignatureAlgorithm[]
  /** Where the keys are, for an issuer that does not say so in metadata under its own name. */
  readonly jwksUri?: (issuer: string) => string | undefined
  /** @throws {TypeError} when the issuer is not one of this provider. */
  readonly checkIssuer: (issuer: string) => void
  /** Its claims in the names of RFC 9068, which are then checked as always. @throws {JwtError} */
  readonly translateClaims?: TranslateClaims
}

/**
 * An id for a token whose issuer gives it none: the digest of what was signed.
 *
 * Not of the whole token, since an ECDSA signature has a second valid form and both are the same token.
 */
export const identifyBySignedText = ({ signingInput }: DecodedJws): string =>
  createHash('sha256').update(signingInput, 'latin1').digest('base64url')

/** @throws {JwtError} `invalid_claims` when the claim is not a string with something in it. */
export const stringClaim = (claims: JsonObject, name: string): string => {
  const value = claims[name]
  if (typeof value !== 'string' || value === '') throw invalidClaim(`${name} must be a string`)
  return value
}

/**
 * A list of permissions as a `scope`; no list is no scope.
 *
 * @throws {JwtError} `invalid_claims` when it is no list of scope tokens. One with a space in it would read as two.
 */
export const scopeOfList = (claims: JsonObject, name: string): string => {
  const value = claims[name] ?? []
  const isList = Array.isArray(value) && value.every((scope) => typeof scope === 'string' && isScopeToken(scope))
  if (!isList) throw invalidClaim(`${name} must be an array of scope tokens`)
  return formatScope(value)
}

/** Claims that only ID tokens and security event tokens have. OpenID Connect Core §3.3.2.11, RFC 8417 §2.2. */
const foreignClaims = ['at_hash', 'c_hash', 's_hash', 'nonce', 'events']

/**
 * Checks that a token whose `typ` does not say what it is is no ID token and no event.
 *
 * @throws {JwtError} `wrong_type`
 */
export const checkNoOtherToken = (claims: JsonObject): void => {
  const found = foreignClaims.find((name) => name in claims)
  if (found !== undefined) throw new JwtError('wrong_type', `a token with ${found} is no access token`)
}

export const invalidClaim = (message: string) => new JwtError('invalid_claims', message)
