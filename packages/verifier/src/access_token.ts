/** A verified access token, as a resource server hands it to its handlers. RFC 9068 §2.2. */
import type { VerifiedClaims } from '@credence/jwt'

/** Frozen, since the same object is handed out for every request with the same token. */
export interface AccessToken<Claims extends VerifiedClaims = VerifiedClaims> {
  /** Wire names, and what a schema made of them. */
  readonly claims: Claims
  readonly scopes: readonly string[]
  readonly clientId: string
}

export const createAccessToken = (claims: VerifiedClaims): AccessToken => {
  const scopes = (claims.scope ?? '').split(' ').filter((scope) => scope !== '')
  return freeze({ claims, scopes, clientId: claims.client_id })
}

/** Down to the leaves of JSON; what a schema made of a claim, such as a Date, is left as it is. */
const freeze = <T extends object>(value: T): T => {
  Object.freeze(value)
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null && isJsonContainer(member) && !Object.isFrozen(member)) {
      freeze(member)
    }
  }
  return value
}

const isJsonContainer = (value: object): boolean =>
  Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value))
