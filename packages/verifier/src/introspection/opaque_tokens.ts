/** Tokens that only their issuer can read: what they are, and which issuer is asked about one. RFC 7662 §1. */
import type { Introspector } from './introspector.ts'

/** `{`, or white space that JSON may begin with. */
const jsonBegins = new Set([0x7b, 0x20, 0x09, 0x0a, 0x0d])

/** Whether a token is none that has a JOSE header, signed or encrypted. */
export const isOpaque = (token: string): boolean => {
  const headerEnd = token.indexOf('.')
  if (headerEnd === -1) return true
  const [first] = Buffer.from(token.slice(0, Math.min(headerEnd, 4)), 'base64url')
  return first === undefined || !jsonBegins.has(first)
}

/**
 * Makes the choice of whom to ask about a token: nobody, unless it is opaque; then the issuer with the longest prefix that fits.
 *
 * A token is sent to one issuer only, since whoever gets it can use it.
 *
 * @throws {TypeError} when two issuers have the same prefix, or both have none.
 */
export const createIntrospectorChoice = (introspectors: readonly Introspector[]) => {
  const longestFirst = introspectors.toSorted((a, b) => b.tokenPrefix.length - a.tokenPrefix.length)
  if (new Set(longestFirst.map(({ tokenPrefix }) => tokenPrefix)).size !== longestFirst.length) {
    throw new TypeError(
      'an opaque token does not say whose it is: with introspection at several issuers, give each another tokenPrefix',
    )
  }
  if (longestFirst.length === 0) return () => undefined
  return (token: string): Introspector | undefined =>
    isOpaque(token) ? longestFirst.find(({ tokenPrefix }) => token.startsWith(tokenPrefix)) : undefined
}
