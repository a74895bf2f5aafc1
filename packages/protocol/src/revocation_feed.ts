/** The revocation feed: what the authorization server pushes, so that a resource server refuses a token before it expires. Credence's own. */

/** Media type, event type and pace of the stream. WHATWG HTML §9.2. */
export const eventStreamType = 'text/event-stream'
export const revocationEventType = 'revocation'
export const heartbeatSeconds = 15

/**
 * How long after its `issued_before` a cut-off is needed: no token of Credence lives longer than an hour, and no verifier
 * allows a clock more than a minute. An entry of `revoked` is needed until its `exp` and that minute have passed.
 */
export const cutoffNeededSeconds = 3_660
export const revokedNeededSeconds = 60

/** One token, by issuer and id: never by its bytes, since an ECDSA signature has a second valid form. Wire names. */
export interface RevokedToken {
  readonly iss: string
  readonly jti: string
  /** The token's own `exp`: after it, this entry is needed no more. Epoch seconds. */
  readonly exp: number
}

/** All tokens of an issuer that were issued before a time and fit every member that is there. Wire names. */
export interface RevocationCutoff {
  readonly iss: string
  readonly client_id?: string
  readonly credential_id?: string
  readonly aud?: string
  /** A token is denied when its `iat` is less. Epoch seconds. */
  readonly issued_before: number
}

/** The answer to `GET /oauth/revocations`, and the data of every event of the stream. Wire names. */
export interface RevocationDocument {
  /** Where the feed stands after this document. Opaque; what `since` and `Last-Event-ID` take. */
  readonly cursor: string
  readonly revoked: readonly RevokedToken[]
  readonly cutoffs: readonly RevocationCutoff[]
}

/** The claims of a token that a cut-off is about. */
export interface CutoffClaims {
  readonly iss: string
  readonly iat: number
  readonly client_id: string
  readonly aud: string | readonly string[]
  readonly credential_id?: unknown
}

/** Whether a cut-off denies a token with these claims. */
export const isCutOff = (claims: CutoffClaims, cutoff: RevocationCutoff): boolean =>
  claims.iat < cutoff.issued_before &&
  claims.iss === cutoff.iss &&
  (cutoff.client_id === undefined || cutoff.client_id === claims.client_id) &&
  (cutoff.credential_id === undefined || cutoff.credential_id === claims.credential_id) &&
  (cutoff.aud === undefined || hasAudience(claims.aud, cutoff.aud))

const hasAudience = (aud: string | readonly string[], wanted: string): boolean =>
  typeof aud === 'string' ? aud === wanted : aud.includes(wanted)
