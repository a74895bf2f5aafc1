/** The URI of a request, such that two that mean the same are the same: `htu` of a DPoP proof. RFC 9449 §4.3, RFC 3986 §6.2. */

// scheme, host (a name, an IPv4 or a bracketed IPv6 address), port, path; no user information
const httpUri = /^(https?):\/\/([a-z0-9\-._~]+|\[[0-9a-f:.]+\])(?::([0-9]*))?((?:\/[a-z0-9\-._~!$&'()*+,;=:@%/]*)?)$/i
const brokenEscape = /%(?![0-9A-Fa-f]{2})/
const escapes = /%[0-9A-Fa-f]{2}/g
const unreserved = /[A-Za-z0-9\-._~]/
const maxPort = 65_535

/**
 * Normalises an http(s) URI and takes query and fragment off: letter case of scheme and host, default port, empty path,
 * percent-encoding, dot segments.
 *
 * Does not check: whether two ways of writing an IPv6 address, or a name in Unicode and in Punycode, are the same.
 *
 * @returns undefined when it is no absolute http(s) URI of RFC 3986
 * @see RFC 3986 §6.2.2, §6.2.3
 */
export const normalizeTargetUri = (uri: string): string | undefined => {
  const [, scheme, host, port, path] = httpUri.exec(withoutQuery(uri)) ?? []
  if (scheme === undefined || host === undefined || path === undefined || brokenEscape.test(path)) return undefined
  const isHttps = scheme.length === 'https'.length
  const number = port === undefined || port === '' ? undefined : Number(port)
  if (number !== undefined && number > maxPort) return undefined
  const isDefaultPort = number === undefined || number === (isHttps ? 443 : 80)
  const authority = isDefaultPort ? host.toLowerCase() : `${host.toLowerCase()}:${number}`
  // first the escapes, since %2e is a dot
  return `${isHttps ? 'https' : 'http'}://${authority}${removeDotSegments(path.replace(escapes, normalizeEscape))}`
}

/** Whether two URIs are the same target. One that cannot be normalised is the same only as its own exact text. */
export const isSameTarget = (one: string, other: string): boolean => {
  if (withoutQuery(one) === withoutQuery(other)) return true
  const normalized = normalizeTargetUri(one)
  return normalized !== undefined && normalized === normalizeTargetUri(other)
}

const withoutQuery = (uri: string): string => {
  const end = uri.search(/[?#]/)
  return end === -1 ? uri : uri.slice(0, end)
}

/** "percent-encoded octets in the ranges of [unreserved] should be decoded", the others are written in upper case. */
const normalizeEscape = (escaped: string): string => {
  const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
  return unreserved.test(character) ? character : escaped.toUpperCase()
}

/** RFC 3986 §5.2.4, for a path that is empty or begins with a slash. */
const removeDotSegments = (path: string): string => {
  if (path === '') return '/'
  if (!path.includes('/.')) return path
  const kept: string[] = []
  const segments = path.slice(1).split('/')
  for (const [at, segment] of segments.entries()) {
    const isLast = at === segments.length - 1
    if (segment === '..') kept.pop()
    if (segment !== '..' && segment !== '.') kept.push(segment)
    else if (isLast) kept.push('')
  }
  return `/${kept.join('/')}`
}
