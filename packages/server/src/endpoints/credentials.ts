/** Managed rotation at the public listener: a client replaces its own credential, authenticated as at the token endpoint (docs/decisions/0005). */
import type { AuthenticateClient } from '../client_auth/authenticate_client.ts'
import { readClientCredentials } from '../client_auth/methods.ts'
import type { HttpRequest, HttpResponse } from '../http/http_request.ts'
import { readForm } from '../http/read_form.ts'
import { createdResponse } from '../http/respond.ts'
import type { ReplaceCredential, ReplacedCredential } from '../rotation/replace_credential.ts'
import { checkOneAuthorization } from './token_request.ts'

export interface CredentialsEndpointDeps {
  readonly authenticateClient: AuthenticateClient
  readonly replaceCredential: ReplaceCredential
}

export const createCredentialsEndpoint =
  ({ authenticateClient, replaceCredential }: CredentialsEndpointDeps) =>
  async (request: HttpRequest): Promise<HttpResponse> => {
    const form = readForm(request)
    checkOneAuthorization(request.rawHeaders)
    const presented = readClientCredentials(form, request)
    const client = await authenticateClient(presented, request.remoteAddress, request.headers['user-agent'])
    return createdResponse(toDocument(await replaceCredential(client, request.remoteAddress)))
  }

/** Member names of RFC 7591 §3.2.1 where it has them. */
const toDocument = ({ credential, clientSecret, replacedId, usableUntil }: ReplacedCredential) => ({
  client_id: credential.clientId,
  credential_id: credential.credentialId,
  client_secret: clientSecret,
  client_secret_expires_at: credential.expiresAt ?? 0,
  replaces: { credential_id: replacedId, usable_until: usableUntil },
})
