/** The URI of a request as the client must have meant it: the origin from configuration, the path from the request. RFC 9449 §4.3. */
import { normalizeTargetUri } from '@credence/jwt'
import { isSecureUrl } from '@credence/protocol'

// absolute-form of a request line (RFC 9112 §3.2.2), whose authority counts for nothing
const authority = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*/

/**
 * Creates the function that makes the target URI of a request out of its `url`. Host, X-Forwarded-* and the authority of
 * an absolute URL are the caller's word and never read.
 *
 * @throws {TypeError} when neither publicUrl nor the resource says where this server is.
 */
export const createTargetUriOf = (publicUrl: string | undefined, resource: string): ((url: string) => string) => {
  const base = publicUrl === undefined ? originOf(resource) : parsePublicUrl(publicUrl)
  return (url) => {
    if (url.startsWith('/')) return base + url
    const path = url.replace(authority, '')
    return path.startsWith('/') ? base + path : `${base}/${path}`
  }
}

const originOf = (resource: string): string => {
  const url = URL.parse(resource)
  if (url === null || !isSecureUrl(url)) {
    throw new TypeError('dpop.publicUrl is needed, since resource is no https URL: where do clients reach this server?')
  }
  return url.origin
}

const parsePublicUrl = (publicUrl: string): string => {
  const url = URL.parse(publicUrl)
  if (url === null || !isSecureUrl(url) || /[?#\s]/.test(publicUrl) || normalizeTargetUri(publicUrl) === undefined) {
    throw new TypeError(
      'dpop.publicUrl must be https, or http on loopback, without query, fragment and user information',
    )
  }
  return url.origin + url.pathname.replace(/\/$/, '')
}
