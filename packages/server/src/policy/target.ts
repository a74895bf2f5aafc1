/** Which API a token is asked for. One token, one audience. RFC 8707 §2. */
import { isResourceIndicator, missingScopes, OAuthError } from '@credence/protocol'
import type { Grant } from '@credence/storage'

export interface TargetRequest {
  /** What the request names, each once. */
  readonly targets: readonly string[]
  /** What is asked for, the client's default included; undefined when neither says anything. */
  readonly scope: readonly string[] | undefined
}

/**
 * Resolves to the client's grant on the API that is asked for: the one named, or the only one there is, or the only one
 * that has all the scopes asked for.
 *
 * @throws {OAuthError} `invalid_target` when more than one API is named, the one named is not granted, or none can be told.
 * @see RFC 8707 §2
 */
export const resolveTarget = ({ targets, scope }: TargetRequest, grants: readonly Grant[]): Grant => {
  const [named, ...others] = targets
  if (named === undefined) return resolveUnnamed(scope, grants)
  if (others.length > 0) throw new OAuthError('invalid_target', 'one token is for one audience: name one resource')
  const grant = grants.find(({ audience }) => audience === named)
  if (grant !== undefined) return grant
  throw isResourceIndicator(named)
    ? new OAuthError('invalid_target', `not granted to this client: ${named}`)
    : new OAuthError('invalid_target', 'resource must be an absolute URI without fragment')
}

const resolveUnnamed = (scope: readonly string[] | undefined, grants: readonly Grant[]): Grant => {
  const fitting =
    grants.length > 1 && scope !== undefined
      ? grants.filter(({ scopes }) => missingScopes(scope, scopes).length === 0)
      : grants
  const [only, ...others] = fitting
  if (only !== undefined && others.length === 0) return only
  if (grants.length === 0) throw new OAuthError('invalid_target', 'this client is granted no API')
  throw new OAuthError(
    'invalid_target',
    only === undefined
      ? 'no single API that this client is granted has all of these scopes: name a resource'
      : 'this client is granted more than one API: name a resource',
  )
}
