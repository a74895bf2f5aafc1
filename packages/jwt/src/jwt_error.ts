/** What this package refuses, with a stable code. */

/** Why a token, a key or a key set is refused. Stable: logs, metrics and callers may rely on the names. */
export const jwtErrorCodes = {
  token_too_large: 'Longer than any token that is read; nothing was decoded.',
  malformed_token: 'Not the compact serialisation of a JWS: parts, base64url, UTF-8 or JSON are wrong.',
  unsupported_algorithm: '`alg` is missing, `none`, or not on the list for this issuer or this key.',
  unsupported_header: '`crit` or `b64` is in the header.',
  wrong_type: '`typ` is not `at+jwt`.',
  unknown_key: 'No key of the issuer has this `kid`, or no single key fits a token without one.',
  unsuitable_key: 'The key may not be used: too short, of another type, for another purpose.',
  keys_unavailable: 'The keys of the issuer cannot be had now. Says nothing about the token.',
  bad_signature: 'The signature is not that of the key named.',
  invalid_claims: 'A claim is missing or of the wrong type.',
  wrong_issuer: '`iss` is not an issuer that is trusted here.',
  wrong_audience: 'The token is for another resource.',
  expired: '`exp` has passed.',
  not_yet_valid: '`nbf` or `iat` is ahead of the clock.',
  sender_constrained: 'Bound to a key by `cnf`, and presented without proof of it.',
} as const

export type JwtErrorCode = keyof typeof jwtErrorCodes

export interface JwtErrorOptions extends ErrorOptions {
  /** `keys_unavailable`: when the next attempt to get them may be made. */
  readonly retryAfterSeconds?: number
}

/** A refusal. The message holds no part of a token beyond short, cleaned identifiers, so it is safe to log. */
export class JwtError extends Error {
  override readonly name = 'JwtError'
  readonly code: JwtErrorCode
  readonly retryAfterSeconds: number | undefined

  constructor(code: JwtErrorCode, message: string, options: JwtErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

const maxQuoted = 64

/** An identifier from a token, fit for a message and an error_description: printable ASCII, at most 64 characters. */
export const quoteForMessage = (value: unknown): string =>
  typeof value === 'string'
    ? `'${value.slice(0, maxQuoted).replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?')}${value.length > maxQuoted ? '...' : ''}'`
    : `a value of type ${value === null ? 'null' : typeof value}`
