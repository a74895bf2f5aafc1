/** A verified access token, as a resource server hands it to its handlers. RFC 9068 §2.2. */
import type { VerifiedClaims } from '@credence/jwt'

/** Frozen, since the same object is handed out for every request with the same token. */
export interface AccessToken {
  /** Wire names. */
  readonly claims: VerifiedClaims
  readonly scopes: readonly string[]
  readonly clientId: string
}

export const createAccessToken = (claims: VerifiedClaims): AccessToken => {
  const scopes = (claims.scope ?? '').split(' ').filter((scope) => scope !== '')
  return freeze({ claims, scopes, clientId: claims.client_id })
}

const freeze = <T extends object>(value: T): T => {
  for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) freeze(member)
  return Object.freeze(value)
}
