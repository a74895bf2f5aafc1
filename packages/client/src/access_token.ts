/** A token as callers get it: usable, and invisible to whatever prints or serialises objects. RFC 6749 §5.1. */

export type TokenType = 'Bearer' | 'DPoP'

/**
 * An access token and what is known of it.
 *
 * `accessToken` lives in a private field behind a getter: reading it and destructuring work, while console.log,
 * JSON.stringify, structuredClone and spreading leave it out.
 */
export class AccessToken {
  readonly #accessToken: string
  /** `DPoP` where the token is bound to the manager's key: `Authorization: DPoP`, and a proof with every request. */
  readonly tokenType: TokenType
  /** Epoch seconds, by the clock of this machine. */
  readonly expiresAt: number
  /** What was granted, as the server wrote it; what was asked for, when it said nothing (RFC 6749 §5.1). */
  readonly scope: string | undefined

  constructor(accessToken: string, expiresAt: number, scope: string | undefined, tokenType: TokenType = 'Bearer') {
    this.#accessToken = accessToken
    this.tokenType = tokenType
    this.expiresAt = expiresAt
    this.scope = scope
    Object.freeze(this)
  }

  /** The token itself, for the Authorization header. */
  get accessToken(): string {
    return this.#accessToken
  }

  /** What Node and Bun print, even where they are told to evaluate getters. */
  [Symbol.for('nodejs.util.inspect.custom')](): unknown {
    const { tokenType, expiresAt, scope } = this
    return { tokenType, expiresAt, scope }
  }
}

/** A token with the two readings of the clocks from which its age is told. */
export interface IssuedToken {
  readonly token: AccessToken
  /** When its request was started: epoch seconds, and the milliseconds of the monotonic clock. */
  readonly requestedAt: number
  readonly requestedAtMs: number
  readonly lifetimeSeconds: number
}
