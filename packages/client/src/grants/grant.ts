/** What a token is asked for with: client_credentials, or an assertion that is a grant by itself. RFC 6749 §4.4, §4.5. */
import type { AuthorizationServer } from 'oauth4webapi'
import type { TokenTarget } from '../cache/token_target.ts'

export interface Grant {
  /** On the wire: `grant_type`. */
  readonly type: string
  /** The further parameters of one token request. Wire names. */
  readonly parameters: (request: GrantRequest) => Promise<TokenTarget['form']> | TokenTarget['form']
}

export interface GrantRequest {
  readonly server: AuthorizationServer
  readonly target: TokenTarget
  /** Epoch seconds. */
  readonly now: number
}

export const clientCredentialsGrant: Grant = {
  type: 'client_credentials',
  parameters: ({ target }) => target.form,
}
