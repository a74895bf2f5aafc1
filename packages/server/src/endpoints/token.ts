/** The token endpoint. RFC 6749 §3.2. */
import type { TokenResponse } from '@credence/protocol'
import type { AuthenticateClient } from '../client_auth/authenticate_client.ts'
import type { Authorization } from '../grants/authorization.ts'
import type { GrantType } from '../grants/grant_type.ts'
import { selectGrant } from '../grants/select_grant.ts'
import type { HttpRequest, HttpResponse } from '../http/http_request.ts'
import { readForm } from '../http/read_form.ts'
import { noteAsked, noteAuthenticated } from '../http/request_activity.ts'
import { tokenResponse } from '../http/respond.ts'
import type { Issue } from '../minting/issue.ts'
import type { ClaimOnce } from '../policy/claim_once.ts'
import type { CheckQuota } from '../policy/quota.ts'
import { checkBinding, type ReadBinding } from '../policy/sender_binding.ts'
import { parseTokenRequest } from './token_request.ts'

export interface TokenEndpointDeps {
  readonly authenticateClient: AuthenticateClient
  readonly grants: readonly GrantType[]
  readonly readBinding: ReadBinding
  readonly checkQuota: CheckQuota
  readonly claimOnce: ClaimOnce
  readonly issue: Issue
  readonly noteIssued: (authorization: Authorization, token: TokenResponse) => void
}

/** Waits only where something has to be asked for: each await of what is known already would cost a turn of the microtasks. */
export const createTokenEndpoint =
  ({ authenticateClient, grants, readBinding, checkQuota, claimOnce, issue, noteIssued }: TokenEndpointDeps) =>
  async (request: HttpRequest): Promise<HttpResponse> => {
    const form = readForm(request) // §3.2: POST, form-encoded, nothing twice
    const asked = parseTokenRequest(form, request) // typed once, never read again
    noteAsked(request.activity, asked) // for metrics and traces
    const authenticating = authenticateClient(asked.credentials, asked.remoteAddress, asked.userAgent) // §2.3: exactly one method
    const client = authenticating instanceof Promise ? await authenticating : authenticating
    noteAuthenticated(request.activity, client) // for metrics, and for the record of what it is refused
    const grant = selectGrant(grants, asked.grantType) // §5.2: unsupported_grant_type
    const authorizing = grant.authorize(asked, client) // target, scope, lifetime
    const authorization = authorizing instanceof Promise ? await authorizing : authorizing
    const binding = readBinding(asked, client) // RFC 9449 §5, RFC 8705 §3: what it proves to hold
    checkBinding(authorization, client, binding) // RFC 9449 §5.2: bound where it must be
    checkQuota(client.record.client, authorization.ttlSeconds) // RFC 6585 §4: 429 when it had too many
    const claiming = claimOnce(client.replayClaims, binding.replayClaims) // RFC 7523 §3, RFC 9449 §11.1: last of all checks
    if (claiming !== undefined) await claiming
    const token = await issue(authorization, binding.confirmation)
    noteIssued(authorization, token)
    return tokenResponse(token, binding.dpopNonce) // §5.1, RFC 9449 §8.2
  }
