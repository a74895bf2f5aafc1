/** The steps of a token request that are spans of their own, each with what an operator would look for. */
import type { TokenEndpointDeps } from '../endpoints/token.ts'
import type { Tracing } from './tracing.ts'

/** There are no semantic conventions for OAuth: these attributes bear its own names. No secret and no token is among them. */
export const traceTokenSteps = (tracing: Tracing, deps: TokenEndpointDeps): TokenEndpointDeps => ({
  ...deps,
  authenticateClient: tracing.step('authenticate_client', deps.authenticateClient, ({ record, credential }) => ({
    'oauth.client_id': record.client.clientId,
    'credence.credential_id': credential.credentialId,
  })),
  grants: deps.grants.map((grant) => ({
    ...grant,
    authorize: tracing.step('authorize', grant.authorize, ({ api, scope }) => ({
      'oauth.grant_type': grant.name,
      'oauth.audience': api.audience,
      'oauth.scope': scope.join(' '),
    })),
  })),
  issue: tracing.step('issue', deps.issue),
})
