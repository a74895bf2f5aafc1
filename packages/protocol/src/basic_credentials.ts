/** The Basic scheme as OAuth 2.0 uses it: strict base64 around a form-encoded id and secret. RFC 6749 §2.3.1, RFC 7617 §2. */
import { decodeFormComponent } from './form.ts'
import { OAuthError } from './oauth_error.ts'

/** A client's id and secret as they came over the wire. */
export interface ClientSecretCredentials {
  readonly clientId: string
  readonly clientSecret: string
}

/**
 * Reads the credentials behind `Basic `.
 *
 * "The client identifier is encoded using the application/x-www-form-urlencoded encoding algorithm [...], and the
 * encoded value is used as the username; the client secret is encoded using the same algorithm and used as the password."
 *
 * Does not check: whether there is such a client.
 *
 * @param encoded what follows the scheme and one space
 * @throws {OAuthError} `invalid_client` when it is not canonical base64 of `id:secret`, or either part is malformed.
 * @see RFC 6749 §2.3.1
 */
export const parseBasicCredentials = (encoded: string): ClientSecretCredentials => {
  const pair = decodeBase64(encoded)
  const colon = pair.indexOf(':')
  if (colon === -1) throw malformed('no colon between client id and secret')
  const clientId = pair.slice(0, colon)
  const clientSecret = pair.slice(colon + 1)
  if (!hasEncoded.test(pair)) return { clientId, clientSecret }
  try {
    return { clientId: decodePart(clientId), clientSecret: decodePart(clientSecret) }
  } catch {
    throw malformed('client id or secret is not form-encoded')
  }
}

/** What form-encoding writes, or raw UTF-8: the ids and secrets of most servers have neither. */
const hasEncoded = /[%+\x80-\xff]/

/** Encoding again is the whole check: whatever atob was lenient about does not come back as it was. */
const decodeBase64 = (encoded: string): string => {
  try {
    const decoded = atob(encoded)
    if (btoa(decoded) === encoded) return decoded
  } catch {
    // not base64 at all
  }
  throw malformed('not canonical base64')
}

// ignoreBOM keeps a byte order mark: two different secrets must not read as one
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Clients that skip the form-encoding send raw UTF-8 bytes; those are read as such before the form-decoding. */
const decodePart = (part: string): string =>
  decodeFormComponent(
    /[\x80-\xff]/.test(part) ? utf8.decode(Uint8Array.from(part, (char) => char.charCodeAt(0))) : part,
  )

const malformed = (detail: string) => new OAuthError('invalid_client', 'malformed Basic credentials', { detail })
