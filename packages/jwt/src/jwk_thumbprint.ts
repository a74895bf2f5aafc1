/** The SHA-256 thumbprint of a public JWK, at once and of nothing but its own members. RFC 7638 §3. */
import { hash } from 'node:crypto'
import type { JsonObject } from './strict_json.ts'

/**
 * The thumbprint, base64url; undefined when a member that it is made of is missing or no string.
 *
 * Does not check: that the key is one.
 *
 * @see RFC 7638 §3.2, RFC 8037 §2
 */
export const jwkThumbprint = ({ kty, crv, x, y, n, e }: JsonObject): string | undefined => {
  // "lexicographically by the Unicode code points of the member names", and only the required ones
  switch (kty) {
    case 'EC':
      return hashStrings({ crv, kty, x, y })
    case 'OKP':
      return hashStrings({ crv, kty, x })
    case 'RSA':
      return hashStrings({ e, kty, n })
    default:
      return undefined
  }
}

const hashStrings = (members: JsonObject): string | undefined =>
  Object.values(members).every((member) => typeof member === 'string')
    ? hash('sha256', JSON.stringify(members), 'base64url')
    : undefined
