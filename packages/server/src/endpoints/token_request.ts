/** The token request, read once into a typed value; nobody looks at the form again. RFC 6749 §4.4.2, RFC 8707 §2. */
import { type Form, OAuthError, parseScope } from '@credence/protocol'
import type { PresentedCredentials } from '../client_auth/client_auth_method.ts'
import { readClientCredentials } from '../client_auth/methods.ts'
import { dpopProofsOf } from '../dpop/dpop_headers.ts'
import type { ClientCertificate, HttpRequest } from '../http/http_request.ts'

export interface TokenRequest {
  readonly grantType: string
  readonly credentials: PresentedCredentials
  /** Undefined when omitted. */
  readonly scope: readonly string[] | undefined
  /** What `resource` and `audience` name, each once. More than one is for policy to refuse. */
  readonly targets: readonly string[]
  /** Every DPoP header. More than one is for the check of proofs to refuse. RFC 9449 §4.1. */
  readonly dpopProofs: readonly string[]
  /** What its token may be bound to. RFC 8705 §3. */
  readonly certificate: ClientCertificate | undefined
  readonly remoteAddress: string
  /** As it came. RFC 9110 §10.1.5. */
  readonly userAgent: string | undefined
}

/**
 * Reads a token request.
 *
 * Does not check: that the client exists, that its credentials are right, that anything is granted.
 *
 * @throws {OAuthError} `invalid_request`, `invalid_client`, `invalid_scope`
 * @see RFC 6749 §2.3, §3.2, §4.4.2
 */
export const parseTokenRequest = (form: Form, request: HttpRequest): TokenRequest => {
  const grantType = form.get('grant_type')
  if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is missing')
  checkOneAuthorization(request.rawHeaders)
  const credentials = readClientCredentials(form, request)
  const scope = form.get('scope')
  return {
    grantType,
    credentials,
    scope: scope === undefined ? undefined : parseScope(scope),
    targets: parseTargets(form),
    dpopProofs: dpopProofsOf(request),
    certificate: request.certificate,
    remoteAddress: request.remoteAddress,
    userAgent: request.headers['user-agent'],
  }
}

/** RFC 9110 §5.3: a header field that is no list may come once. node:http keeps the first of two and says nothing. */
export const checkOneAuthorization = (rawHeaders: readonly string[]): void => {
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    if (name?.length === 13 && name.toLowerCase() === 'authorization') count++
  }
  if (count > 1) throw new OAuthError('invalid_request', 'more than one Authorization header')
}

/** `resource` (RFC 8707) and `audience` mean the same here. */
const parseTargets = (form: Form): readonly string[] => {
  const resources = form.getAll('resource')
  const audience = form.get('audience')
  if (audience === undefined) return resources.length < 2 ? resources : [...new Set(resources)]
  return resources.length === 0 ? [audience] : [...new Set([...resources, audience])]
}
