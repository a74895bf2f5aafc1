/** What can go wrong on the way to a token, and the one table of its codes. Nothing in it ever holds a token or a credential. */

/** Every code of a {@link TokenError} and when it is given. */
export const tokenErrorCodes = {
  invalid_request: 'the authorization server calls the token request malformed (RFC 6749 §5.2)',
  invalid_client: 'the authorization server does not accept client id and credential (RFC 6749 §5.2)',
  unauthorized_client: 'the client may not use the client credentials grant (RFC 6749 §5.2)',
  unsupported_grant_type: 'the authorization server has no client credentials grant (RFC 6749 §5.2)',
  invalid_scope: 'a scope is malformed, unknown or not granted (RFC 6749 §5.2)',
  invalid_target: 'a resource or audience is malformed, unknown or not granted (RFC 8707 §2)',
  refused: 'the authorization server gave an error code that is not in this table; see `serverError`',
  server_error: 'the authorization server answered 5xx',
  temporarily_unavailable:
    'the authorization server answered 429 or 503, said that it is overloaded, or asked for a pause that is not over',
  network_error: 'the authorization server could not be reached, or the connection broke',
  timeout: 'no complete answer within `timeoutMs`',
  breaker_open:
    'too many requests to the authorization server failed in a row, so that it is not asked before `retryAfterSeconds`',
  malformed_response:
    'the answer is none that OAuth 2.0 knows: HTML, a redirect, above 64 KB, a member missing or wrong',
  unsupported_token_type:
    'the token is of another type than was asked for: Bearer, or DPoP where the option `dpop` is given',
  insecure_url: 'plain http to a host that is not this machine',
  origin_not_allowed: 'a token would have gone to an origin that is not in `allowedOrigins`',
  issuer_mismatch: 'the metadata is of another issuer than the configured one (RFC 8414 §3.3)',
  untrusted_endpoint:
    'the metadata names a token endpoint on another origin than the issuer; give `tokenEndpoint` to allow it',
  invalid_configuration: 'an option of createTokenManager is missing or wrong',
  credential_unavailable: 'the source of the secret, or the client authentication method, failed',
  aborted: 'the AbortSignal of this call fired; `cause` is its reason',
  closed: 'the token manager was closed',
} as const satisfies Record<string, string>

export type TokenErrorCode = keyof typeof tokenErrorCodes

export interface TokenErrorOptions {
  /** HTTP status of the answer, where there was one. */
  readonly status?: number | undefined
  /** The `error` member of the answer, when its code is not in the table. */
  readonly serverError?: string | undefined
  /** When to come back, in seconds: what the Retry-After header asked for, or how long nothing is sent by our own choice. */
  readonly retryAfterSeconds?: number | undefined
  /** The reason of the caller's own AbortSignal. Errors of other libraries never go here: they may hold what was sent. */
  readonly cause?: unknown
}

/** Thrown by everything in this package. Tell failures apart by `code`; the message is for people and may change. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly code: TokenErrorCode
  readonly status: number | undefined
  readonly serverError: string | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(code: TokenErrorCode, message: string, options: TokenErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = options.status
    this.serverError = options.serverError
    this.retryAfterSeconds = options.retryAfterSeconds
  }

  toJSON(): Record<string, unknown> {
    const { name, code, message, status, serverError, retryAfterSeconds } = this
    return { name, code, message, status, serverError, retryAfterSeconds }
  }
}
