/** What the token endpoint answers. RFC 6749 §5.1. */

/** A successful answer. Wire names; `expires_in` in seconds. */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type: 'Bearer'
  readonly expires_in: number
  readonly scope: string
}
