/** Access tokens of an Amazon Cognito user pool. */
import { type JsonObject, JwtError } from '@credence/jwt'
import { isScopeToken } from '@credence/protocol'
import { stringClaim, type TokenProfile } from './token_profile.ts'

/** At least one, since without `aud` every token of the pool would pass; with both, both must hold. */
export interface CognitoOptions {
  /** The app clients whose tokens are accepted. */
  readonly clientIds?: readonly string[]
  /** The identifier of the resource server in the pool: a token needs a scope that begins with it and a slash. */
  readonly resourceServer?: string
}

const userPool = /^https:\/\/cognito-idp\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?\/[a-z0-9-]+_[A-Za-z0-9]+$/

/**
 * The profile of a user pool's access tokens.
 *
 * @throws {TypeError} when neither clients nor a resource server are named.
 */
export const cognito = ({ clientIds, resourceServer }: CognitoOptions): TokenProfile => {
  if (clientIds === undefined && resourceServer === undefined) {
    throw new TypeError(
      'cognito needs clientIds or resourceServer: its tokens have no aud, so any of the pool would pass',
    )
  }
  if (
    clientIds !== undefined &&
    !(clientIds.length > 0 && clientIds.every((id) => typeof id === 'string' && id !== ''))
  ) {
    throw new TypeError('clientIds must name at least one client')
  }
  if (resourceServer !== undefined && !(typeof resourceServer === 'string' && isScopeToken(resourceServer))) {
    throw new TypeError('resourceServer must be the identifier of a resource server, without spaces')
  }

  /** What stands in for `aud`. */
  const checkMeantForUs = (claims: JsonObject): void => {
    if (clientIds?.includes(stringClaim(claims, 'client_id')) === false) {
      throw new JwtError('wrong_audience', 'the client is not one whose tokens are accepted')
    }
    if (resourceServer === undefined) return
    const scopes = typeof claims.scope === 'string' ? claims.scope.split(' ') : []
    if (!scopes.some((scope) => scope.startsWith(`${resourceServer}/`))) {
      throw new JwtError('wrong_audience', 'the token has no scope of this resource server')
    }
  }

  return {
    name: 'cognito',
    types: ['at+jwt', 'jwt', undefined],
    algorithms: ['RS256'],
    relaxations: [
      { what: 'typ may be JWT or absent', why: 'token_use must be access, which no ID token has' },
      {
        what: 'no aud',
        why: 'the client must be one of clientIds, or a scope must be one of resourceServer; an aud that is there is checked',
      },
    ],
    checkIssuer: (issuer) => {
      if (!userPool.test(issuer)) {
        throw new TypeError(`an issuer of Cognito is https://cognito-idp.REGION.amazonaws.com/POOL_ID: ${issuer}`)
      }
    },
    translateClaims: ({ claims }, audience) => {
      if (claims.token_use !== 'access') throw new JwtError('wrong_type', 'token_use must be access')
      checkMeantForUs(claims)
      return 'aud' in claims ? claims : { ...claims, aud: audience }
    },
  }
}
