/** Taking the access token out of a request. RFC 6750 §2, RFC 9449 §7.1. */
import { JwtError, maxTokenLength } from '@credence/jwt'
import { RequestRefused } from './refusal.ts'
import { hasQueryParameter, headerValues, type ResourceRequest } from './request.ts'

export type TokenScheme = 'Bearer' | 'DPoP'

export interface Credentials {
  readonly scheme: TokenScheme
  /** What follows the scheme. Its form is not checked: see {@link checkTokenSyntax}. */
  readonly token: string
}

const bearer = /^Bearer(?: +|$)/i
const dpop = /^DPoP(?: +|$)/i
const anotherScheme = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?: |$)/
// b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
const b64token = /^[A-Za-z0-9\-._~+/]+=*$/

/**
 * The token of a request, which must be in the Authorization header and nowhere else.
 *
 * Does not check: the form of the token (see {@link checkTokenSyntax}); whether a form body holds one too.
 *
 * @param acceptsDpop whether the scheme DPoP is one that is known here
 * @throws {RequestRefused}
 * @see RFC 6750 §2.1, RFC 9449 §7.1
 */
export const readCredentials = ({ headers, url }: ResourceRequest, acceptsDpop: boolean): Credentials => {
  // "Clients MUST NOT use more than one method to transmit the token in each request", and RFC 9700 §4.3.2 ends this one
  if (hasQueryParameter(url, 'access_token')) {
    throw badRequest('token_in_query', 'the access token must be in the Authorization header')
  }
  const [value = '', second] = headerValues(headers, 'authorization')
  if (second !== undefined) throw badRequest('several_credentials', 'more than one Authorization header')
  if (value === '') throw new RequestRefused('no_credentials', 'an access token is required', { status: 401 })
  // RFC 9110 §11.1: the scheme is case-insensitive
  const [prefix] = bearer.exec(value) ?? []
  if (prefix !== undefined) return { scheme: 'Bearer', token: value.slice(prefix.length) }
  const [dpopPrefix] = acceptsDpop ? (dpop.exec(value) ?? []) : []
  if (dpopPrefix !== undefined) return { scheme: 'DPoP', token: value.slice(dpopPrefix.length) }
  if (!anotherScheme.test(value)) throw malformed()
  const wanted = acceptsDpop ? 'Bearer or DPoP' : 'Bearer'
  throw new RequestRefused('unsupported_scheme', `the scheme must be ${wanted}`, { status: 401 })
}

/**
 * Checks that what follows the scheme has the form of a token, for one that is not known already.
 *
 * @throws {RequestRefused} `malformed_credentials`
 * @throws {JwtError} `token_too_large`
 * @see RFC 6750 §2.1
 */
export const checkTokenSyntax = (token: string): void => {
  if (token.length > maxTokenLength) {
    throw new JwtError('token_too_large', `a token has at most ${maxTokenLength} characters`)
  }
  if (!b64token.test(token)) throw malformed()
}

const malformed = () => badRequest('malformed_credentials', 'the Authorization header must be a scheme and one token')

const badRequest = (code: 'token_in_query' | 'several_credentials' | 'malformed_credentials', description: string) =>
  new RequestRefused(code, description, { status: 400, error: 'invalid_request' })
