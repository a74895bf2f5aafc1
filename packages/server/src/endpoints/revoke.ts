/** Token revocation: a client gives back a token of its own. RFC 7009. */
import { OAuthError } from '@credence/protocol'
import type { AuthenticateClient } from '../client_auth/authenticate_client.ts'
import { authenticateRequest } from '../client_auth/authenticate_request.ts'
import type { HttpRequest, HttpResponse } from '../http/http_request.ts'
import { readForm } from '../http/read_form.ts'
import { privateResponse } from '../http/respond.ts'
import type { RevokeOwnToken } from '../revocation/revoke_own_token.ts'

export interface RevocationEndpointDeps {
  readonly authenticateClient: AuthenticateClient
  readonly revokeOwnToken: RevokeOwnToken
}

export const createRevocationEndpoint =
  ({ authenticateClient, revokeOwnToken }: RevocationEndpointDeps) =>
  async (request: HttpRequest): Promise<HttpResponse> => {
    const form = readForm(request) // §2.1: POST, form-encoded
    const client = await authenticateRequest(request, form, authenticateClient) // §2.1: "first validates the client credentials"
    const token = form.get('token') // §2.1: REQUIRED; "An invalid token type hint value is ignored"
    if (token === undefined) throw new OAuthError('invalid_request', 'token is missing')
    await revokeOwnToken(token, client, request.remoteAddress)
    return privateResponse('{}') // §2.2: "The content of the response body is ignored by the client"
  }
