/** Where a resource server learns that a token is denied before it expires. RFC 6750 §3.1, RFC 7009 §3. */

/** What a denial may be about. Never the token's own bytes: an ECDSA signature has a second valid form. */
export interface RevocableToken {
  readonly iss: string
  readonly jti: string
  readonly clientId: string
  /** Which credential asked for it. Undefined where the issuer does not say. */
  readonly credentialId: string | undefined
  readonly aud: string | readonly string[]
  /** Epoch seconds. */
  readonly iat: number
}

/** Asked for every request, also for a token that was verified before. */
export interface RevocationSource {
  /** Whose tokens it knows of, exactly as they have it in `iss`; those of every issuer unless given. */
  readonly issuer?: string
  /** Whether a token is denied. Whatever it throws is answered with 503, since nothing is known then. */
  isRevoked(token: RevocableToken): boolean | Promise<boolean>
  /** Called once, by the resource server that it is given to. */
  start?(): void
  /** Called when that resource server is closed. */
  close?(): void
}

export type IsRevoked = RevocationSource['isRevoked']

/** One source or several; a function is a source that needs neither start nor end. */
export type RevocationOption = RevocationSource | IsRevoked | readonly (RevocationSource | IsRevoked)[]
