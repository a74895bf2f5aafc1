/** Client authentication of any form endpoint, exactly as at the token endpoint. RFC 6749 §2.3. */
import type { Form } from '@credence/protocol'
import { checkOneAuthorization } from '../endpoints/token_request.ts'
import type { HttpRequest } from '../http/http_request.ts'
import type { AuthenticateClient } from './authenticate_client.ts'
import type { AuthenticatedClient } from './client_auth_method.ts'
import { readClientCredentials } from './methods.ts'

/** @throws {OAuthError} `invalid_client`, `invalid_request` */
export const authenticateRequest = async (
  request: HttpRequest,
  form: Form,
  authenticateClient: AuthenticateClient,
): Promise<AuthenticatedClient> => {
  checkOneAuthorization(request.rawHeaders)
  const credentials = readClientCredentials(form, request)
  request.activity.clientAuthMethod = credentials.method
  const client = await authenticateClient(credentials, request.remoteAddress, request.headers['user-agent'])
  // an assertion may be of three methods, and a certificate of two
  request.activity.clientAuthMethod = client.method
  return client
}
