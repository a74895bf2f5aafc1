/** The token of a guarded request with the claims its resource server's schema gives it, where a framework cannot carry that type. */
import type { VerifiedClaims } from '@credence/jwt'
import type { AccessToken } from '../access_token.ts'
import type { ResourceServer } from '../resource_server.ts'

const verifiedBy = new WeakMap<AccessToken, object>()

/** Notes on the request which token passed, and who verified it. */
export const attachToken = (
  request: { token?: AccessToken },
  resourceServer: ResourceServer,
  token: AccessToken,
): void => {
  if (!verifiedBy.has(token)) verifiedBy.set(token, resourceServer)
  request.token = token
}

/**
 * The verified token of a request, typed with the claims of the schema that its resource server was given.
 *
 * @throws {TypeError} when no guard of this resource server let the request pass: the route is open, which is a defect.
 */
export const tokenOf = <Claims extends VerifiedClaims>(
  resourceServer: ResourceServer<Claims>,
  { token }: { readonly token?: AccessToken },
): AccessToken<Claims> => {
  if (token === undefined || verifiedBy.get(token) !== resourceServer) {
    throw new TypeError('the route has no guard of this resource server')
  }
  // what a resource server verifies fits its schema
  return token as AccessToken<Claims>
}
