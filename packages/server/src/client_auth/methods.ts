/** The table of client authentication methods, and the rule that a request uses exactly one. RFC 6749 §2.3. */
import { type Form, OAuthError } from '@credence/protocol'
import type { TokenEndpointAuthMethod } from '@credence/storage'
import { clientAssertion } from './assertions/client_assertion.ts'
import { clientCertificate } from './certificates/client_certificate.ts'
import type { ClientAuthMethod, PresentedCredentials, PresentingRequest } from './client_auth_method.ts'
import { clientSecretBasic } from './secrets/client_secret_basic.ts'
import { clientSecretPost } from './secrets/client_secret_post.ts'

const clientAuthMethods: readonly ClientAuthMethod[] = [
  clientSecretBasic,
  clientSecretPost,
  clientAssertion,
  clientCertificate,
]

/** As in token_endpoint_auth_methods_supported. RFC 8414 §2. Without client_secret_jwt, which is off but for who is registered for it. */
export const clientAuthMethodNames: readonly TokenEndpointAuthMethod[] = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
]

/**
 * Reads the credentials of a request.
 *
 * Does not check: that they are right.
 *
 * @throws {OAuthError} `invalid_request` when there is more than one method, `invalid_client` when there is none.
 * @see RFC 6749 §2.3
 */
export const readClientCredentials = (form: Form, request: PresentingRequest): PresentedCredentials => {
  let presented: PresentedCredentials | undefined
  for (const method of clientAuthMethods) {
    const found = method.read(form, request)
    if (found === undefined) continue
    // "The client MUST NOT use more than one authentication method in each request."
    if (presented !== undefined) throw moreThanOne()
    presented = found
  }
  if (presented === undefined) throw new OAuthError('invalid_client', 'no client authentication')
  return presented
}

const moreThanOne = () => new OAuthError('invalid_request', 'more than one client authentication method')
