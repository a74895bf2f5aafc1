/** What a grant type is: a wire name and a decision. */
import type { AuthenticatedClient } from '../client_auth/client_auth_method.ts'
import type { TokenRequest } from '../endpoints/token_request.ts'
import type { Authorization } from './authorization.ts'

export interface GrantType {
  /** As in grant_types_supported. */
  readonly name: string
  readonly authorize: (asked: TokenRequest, client: AuthenticatedClient) => Authorization | Promise<Authorization>
}
