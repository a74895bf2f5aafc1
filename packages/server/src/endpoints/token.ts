/** The token endpoint. RFC 6749 §3.2. */
import type { TokenResponse } from '@credence/protocol'
import type { AuthenticateClient } from '../client_auth/authenticate_client.ts'
import type { Authorization } from '../grants/authorization.ts'
import type { GrantType } from '../grants/grant_type.ts'
import { selectGrant } from '../grants/select_grant.ts'
import type { HttpRequest, HttpResponse } from '../http/http_request.ts'
import { readForm } from '../http/read_form.ts'
import { noteAsked } from '../http/request_activity.ts'
import { tokenResponse } from '../http/respond.ts'
import type { Issue } from '../minting/issue.ts'
import type { CheckQuota } from '../policy/quota.ts'
import { parseTokenRequest } from './token_request.ts'

export interface TokenEndpointDeps {
  readonly authenticateClient: AuthenticateClient
  readonly grants: readonly GrantType[]
  readonly checkQuota: CheckQuota
  readonly issue: Issue
  readonly noteIssued: (authorization: Authorization, token: TokenResponse) => void
}

export const createTokenEndpoint =
  ({ authenticateClient, grants, checkQuota, issue, noteIssued }: TokenEndpointDeps) =>
  async (request: HttpRequest): Promise<HttpResponse> => {
    const form = readForm(request) // §3.2: POST, form-encoded, nothing twice
    const asked = parseTokenRequest(form, request) // typed once, never read again
    noteAsked(request.activity, asked) // for metrics and traces
    const client = await authenticateClient(asked.credentials, asked.remoteAddress, asked.userAgent) // §2.3: exactly one method
    const grant = selectGrant(grants, asked.grantType) // §5.2: unsupported_grant_type
    const authorization = await grant.authorize(asked, client) // target, scope, lifetime
    checkQuota(client.record.client, authorization.ttlSeconds) // RFC 6585 §4: 429 when it had too many
    const token = await issue(authorization)
    noteIssued(authorization, token)
    return tokenResponse(token) // §5.1
  }
