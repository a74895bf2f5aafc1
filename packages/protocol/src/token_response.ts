/** What the token endpoint answers. RFC 6749 §5.1. */

/** A successful answer. Wire names; `expires_in` in seconds. */
export interface TokenResponse {
  readonly access_token: string
  /** DPoP: bound to a key that every use of it has to prove. RFC 9449 §5. */
  readonly token_type: 'Bearer' | 'DPoP'
  readonly expires_in: number
  readonly scope: string
}
