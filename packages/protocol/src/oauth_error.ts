/** The errors of OAuth 2.0 and the one table that gives each code its HTTP status. RFC 6749 §5.2, RFC 6750 §3.1, RFC 8707 §2. */

/** Every error code that Credence sends, with the status that goes with it and the section that defines it. */
export const oauthErrorCodes = {
  invalid_request: { status: 400, source: 'RFC 6749 §5.2' },
  invalid_client: { status: 401, source: 'RFC 6749 §5.2' },
  unauthorized_client: { status: 400, source: 'RFC 6749 §5.2' },
  unsupported_grant_type: { status: 400, source: 'RFC 6749 §5.2' },
  invalid_scope: { status: 400, source: 'RFC 6749 §5.2' },
  invalid_target: { status: 400, source: 'RFC 8707 §2' },
  invalid_dpop_proof: { status: 400, source: 'RFC 9449 §5' },
  use_dpop_nonce: { status: 400, source: 'RFC 9449 §8' },
  unsupported_token_type: { status: 400, source: 'RFC 7009 §2.2.1' },
  invalid_token: { status: 401, source: 'RFC 6750 §3.1' },
  insufficient_scope: { status: 403, source: 'RFC 6750 §3.1' },
  server_error: { status: 500, source: 'RFC 6749 §4.1.2.1' },
  temporarily_unavailable: { status: 503, source: 'RFC 6749 §4.1.2.1; with 429: RFC 6585 §4' },
} as const satisfies Record<string, { status: number; source: string }>

export type OAuthErrorCode = keyof typeof oauthErrorCodes

/** The error document of RFC 6749 §5.2, as it goes over the wire. */
export interface OAuthErrorResponse {
  readonly error: OAuthErrorCode
  readonly error_description?: string
}

export interface OAuthErrorOptions {
  /** Another status than the table's, where HTTP has a better one (405, 413, 415; 429 of RFC 6585 §4). */
  readonly status?: number
  /** Response headers that belong to the refusal (Allow, Retry-After, WWW-Authenticate). */
  readonly headers?: Readonly<Record<string, string>>
  /** What an operator may know and the caller may not. Goes to logs, never to the response. */
  readonly detail?: string
  readonly cause?: unknown
}

const maxDescriptionLength = 500

/**
 * Replaces what RFC 6749 §5.2 forbids in an error_description by `?` and cuts it at 500 characters.
 *
 * "Values for the "error_description" parameter MUST NOT include characters outside the set %x20-21 / %x23-5B / %x5D-7E."
 */
export const sanitizeDescription = (text: string): string =>
  text.slice(0, maxDescriptionLength).replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?')

/**
 * A refusal, thrown by any step of a request and turned into a response in one place.
 *
 * @see RFC 6749 §5.2
 */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly code: OAuthErrorCode
  /** HTTP status. */
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly detail: string | undefined

  constructor(code: OAuthErrorCode, description: string, options: OAuthErrorOptions = {}) {
    super(sanitizeDescription(description), options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = options.status ?? oauthErrorCodes[code].status
    this.headers = options.headers ?? {}
    this.detail = options.detail
  }

  /** The error document for the caller: code and description, nothing else. */
  toResponse(): OAuthErrorResponse {
    return { error: this.code, error_description: this.message }
  }
}
