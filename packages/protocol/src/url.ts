/** URLs with a meaning in OAuth 2.0: issuers, resource indicators, loopback addresses. RFC 8414 §2, RFC 8707 §2, RFC 8252 §7.3. */

/** Whether a host name of a URL is this machine: 127.0.0.0/8, [::1], localhost and names under it. */
export const isLoopbackHost = (hostname: string): boolean =>
  /^127(?:\.\d{1,3}){3}$/.test(hostname) ||
  hostname === '[::1]' ||
  hostname === '::1' ||
  hostname === 'localhost' ||
  hostname.endsWith('.localhost')

/**
 * Whether a URL may carry credentials: https anywhere, http on a loopback host only.
 *
 * Does not check: where a name resolves to.
 */
export const isSecureUrl = (url: URL): boolean =>
  url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname))

/**
 * Whether a string can be an issuer identifier: an http(s) URL without query, fragment or user information.
 *
 * Does not check: that it is https. See {@link isSecureUrl}.
 *
 * @see RFC 8414 §2
 */
export const isIssuer = (text: string): boolean => {
  const url = URL.parse(text)
  return (
    url !== null &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    !text.includes('?') &&
    !text.includes('#') &&
    url.username === '' &&
    url.password === '' &&
    !/\s/.test(text)
  )
}

/**
 * The URL of a well-known document: "/.well-known/<name>" is put between the host and the issuer's own path.
 *
 * @see RFC 8414 §3.1, RFC 9728 §3.1
 */
export const wellKnownUrl = (identifier: string, name: string): string => {
  const { origin, pathname } = new URL(identifier)
  // "any terminating "/" MUST be removed before inserting"
  return `${origin}/.well-known/${name}${pathname.replace(/\/$/, '')}`
}

// scheme ":" and something after it, only characters that RFC 3986 allows, and no fragment
const absoluteUri = /^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=%]+$/

/** A longer resource indicator or audience than this is refused. */
export const maxAudienceLength = 1024

/**
 * Whether a string is a resource indicator: an absolute URI without fragment, of at most {@link maxAudienceLength} characters.
 *
 * "Its value MUST be an absolute URI, as specified by Section 4.3 of [RFC3986] [...]. The URI MUST NOT include a
 * fragment component."
 *
 * @see RFC 8707 §2
 */
export const isResourceIndicator = (text: string): boolean => text.length <= maxAudienceLength && absoluteUri.test(text)
