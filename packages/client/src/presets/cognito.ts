/** Preset for Amazon Cognito user pools: app clients with a secret and custom scopes. */

import type { TokenParameters } from '../cache/token_target.ts'
import { clientSecretBasic } from '../client_auth/client_secret_basic.ts'
import type { TokenManagerOptions } from '../configuration.ts'
import {
  type ClientOptions,
  chooseAuth,
  parseOrigin,
  refuseOptions,
  requireText,
  scopesOf,
  wrong,
} from './client_options.ts'
import { explainRefusals, type Meaning, type ProviderRefusal } from './explain_refusals.ts'

export interface CognitoOptions extends ClientOptions, Pick<TokenParameters, 'scope'> {
  /** Branding › Domain: `example.auth.eu-central-1.amazoncognito.com`, or the custom domain. Not the issuer. */
  readonly domain: string
  /** Overview › User pool ID: `eu-central-1_AbCdEfGhI`. The issuer is made of it. */
  readonly userPoolId: string
  /** Where the pool is not at `https://cognito-idp.REGION.amazonaws.com`, as in a test. */
  readonly issuer?: string | undefined
}

/**
 * Options for an app client of a user pool. The token endpoint is on the domain, and the issuer on another host.
 *
 * @throws {TokenError} `invalid_configuration`
 */
export const cognito = ({ domain, userPoolId, issuer, ...options }: CognitoOptions): TokenManagerOptions => {
  const origin = parseOrigin(
    domain,
    "Cognito wants domain: the user pool's own, such as example.auth.eu-central-1.amazoncognito.com",
  )
  const { hostname } = new URL(origin)
  if (hostname.startsWith('cognito-idp.')) {
    throw wrong(
      "Cognito's domain is not the issuer: give the domain under Branding > Domain, which has the token endpoint",
    )
  }
  if (!hostname.includes('.') && hostname !== 'localhost') {
    throw wrong('domain must be the whole name: the prefix, then .auth.REGION.amazoncognito.com')
  }
  requireText(userPoolId, 'Cognito wants userPoolId, such as eu-central-1_AbCdEfGhI')
  const [, region] = /^([a-z]{2}(?:-[a-z]+)+-\d+)_[A-Za-z0-9]+$/.exec(userPoolId) ?? []
  if (region === undefined) throw wrong('userPoolId must be a region, _ and an id, such as eu-central-1_AbCdEfGhI')
  checkScopes(scopesOf(options.scope))
  refuseOptions(options, {
    audience: 'Cognito puts no audience into these tokens: name the API by scope, such as orders/read',
    resource: 'Cognito binds no resource to these tokens: name the API by scope, such as orders/read',
  })
  return {
    ...options,
    clientSecret: undefined,
    issuer:
      issuer ?? `https://cognito-idp.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/${userPoolId}`,
    tokenEndpoint: `${origin}/oauth2/token`,
    ...chooseAuth(options, clientSecretBasic),
    translateAnswer: explainRefusals('Cognito', explain),
  }
}

const checkScopes = (scopes: readonly string[]): void => {
  const own = scopes.filter((scope) => !scope.includes('/'))
  if (own.length > 0) {
    throw wrong(
      `a custom scope is the identifier of its resource server, a slash and its name, unlike ${own.join(' ')}`,
    )
  }
}

const explain = ({ error }: ProviderRefusal): Meaning | undefined => {
  switch (error) {
    case 'invalid_client':
      return { advice: 'client id or secret is wrong, or the app client is of another user pool than the domain' }
    case 'invalid_scope':
      return { advice: 'a scope is unknown or not enabled for the app client: its login pages > Custom scopes' }
    case 'invalid_grant':
      return {
        code: 'invalid_scope',
        advice: 'the app client has none of these scopes: its login pages > Custom scopes',
      }
    case 'unauthorized_client':
      return { advice: 'the app client has no secret, or client credentials is not among its OAuth grant types' }
    default:
      return undefined
  }
}
