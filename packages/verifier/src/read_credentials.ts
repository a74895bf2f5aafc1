/** Taking the access token out of a request. RFC 6750 §2. */
import { maxTokenLength } from '@credence/jwt'
import { RequestRefused } from './refusal.ts'
import { authorizationValues, hasQueryParameter, type ResourceRequest } from './request.ts'

const bearer = /^Bearer(?: +|$)/i
const anotherScheme = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?: |$)/
// b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
const b64token = /^[A-Za-z0-9\-._~+/]+=*$/

/**
 * The token of a request, which must be in the Authorization header and nowhere else.
 *
 * Does not check: the form of the token (see {@link checkTokenSyntax}); whether a form body holds one too.
 *
 * @throws {RequestRefused}
 * @see RFC 6750 §2.1
 */
export const readBearerToken = ({ headers, url }: ResourceRequest): string => {
  // "Clients MUST NOT use more than one method to transmit the token in each request", and RFC 9700 §4.3.2 ends this one
  if (hasQueryParameter(url, 'access_token')) {
    throw badRequest('token_in_query', 'the access token must be in the Authorization header')
  }
  const [value = '', second] = authorizationValues(headers)
  if (second !== undefined) throw badRequest('several_credentials', 'more than one Authorization header')
  if (value === '') throw new RequestRefused('no_credentials', 'an access token is required', { status: 401 })
  // RFC 9110 §11.1: the scheme is case-insensitive
  const [prefix] = bearer.exec(value) ?? []
  if (prefix !== undefined) return value.slice(prefix.length)
  if (!anotherScheme.test(value)) throw malformed()
  throw new RequestRefused('unsupported_scheme', 'the scheme must be Bearer', { status: 401 })
}

/**
 * Checks that what follows `Bearer` has the form of a token, for one that is not known already.
 *
 * @throws {RequestRefused} `malformed_credentials`
 * @see RFC 6750 §2.1
 */
export const checkTokenSyntax = (token: string): void => {
  // what is too long goes on unread, to be refused for that
  if (token.length <= maxTokenLength && !b64token.test(token)) throw malformed()
}

const malformed = () => badRequest('malformed_credentials', 'the Authorization header must be Bearer and one token')

const badRequest = (code: 'token_in_query' | 'several_credentials' | 'malformed_credentials', description: string) =>
  new RequestRefused(code, description, { status: 400, error: 'invalid_request' })
