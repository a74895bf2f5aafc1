/** The first step of every form endpoint: content type, place of the parameters, then the form itself. RFC 6749 §3.2, Appendix B. */
import { type Form, OAuthError, parseForm } from '@credence/protocol'
import type { HttpRequest } from './http_request.ts'

const formType = 'application/x-www-form-urlencoded'

/**
 * Reads the form of a POST request.
 *
 * Does not check: method and size of the body, which the listener has refused already.
 *
 * @throws {OAuthError} `invalid_request`; with status 415 when the body is of another type.
 * @see RFC 6749 §3.2
 */
export const readForm = (request: HttpRequest): Form => {
  checkContentType(request.headers['content-type'])
  // RFC 6749 §2.3.1: "The parameters can only be transmitted in the request-body and MUST NOT be included in the request URI."
  if (request.query !== '') throw new OAuthError('invalid_request', 'parameters belong in the body, not in the URI')
  return parseForm(request.body)
}

const checkContentType = (contentType: string | undefined): void => {
  if (contentType === formType) return
  if (contentType?.split(';', 1)[0]?.trim().toLowerCase() === formType) return
  throw new OAuthError('invalid_request', `the body must be ${formType}`, { status: 415 })
}
