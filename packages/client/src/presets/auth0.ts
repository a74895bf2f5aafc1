/** Preset for Auth0: Machine to Machine applications. */

import type { TokenParameters } from '../cache/token_target.ts'
import { clientSecretPost } from '../client_auth/client_secret_post.ts'
import type { TokenManagerOptions } from '../configuration.ts'
import { type ClientOptions, chooseAuth, parseOrigin, refuseOptions, requireText } from './client_options.ts'
import { explainRefusals, type Meaning, type ProviderRefusal } from './explain_refusals.ts'

export interface Auth0Options extends ClientOptions, Pick<TokenParameters, 'scope'> {
  /** Applications › the application › Settings › Domain, or the custom domain: `example.eu.auth0.com`. */
  readonly domain: string
  /** APIs › the API › Settings › Identifier. */
  readonly audience: string
  /** The organization's id or name, where the API is used on behalf of one. */
  readonly organization?: string | undefined
}

/**
 * Options for an application of Auth0. The secret goes in the body, as Auth0 sets new applications up; for one that is set
 * to Client Secret (Basic) give `auth: clientSecretBasic(secret)`.
 *
 * @throws {TokenError} `invalid_configuration`
 */
export const auth0 = ({ domain, organization, ...options }: Auth0Options): TokenManagerOptions => {
  const origin = parseOrigin(
    domain,
    'Auth0 wants domain: the name alone, such as example.eu.auth0.com, without https:// and path',
  )
  requireText(
    options.audience,
    'Auth0 wants audience: the identifier of the API (APIs > the API > Settings > Identifier), to the letter',
  )
  refuseOptions(options, { resource: 'Auth0 names the API by audience, and has no use for resource' })
  return {
    ...options,
    clientSecret: undefined,
    // the slash belongs to it: tokens and metadata have it
    issuer: `${origin}/`,
    tokenEndpoint: `${origin}/oauth/token`,
    ...chooseAuth(options, clientSecretPost),
    ...(organization !== undefined && { parameters: { ...options.parameters, organization } }),
    translateAnswer: explainRefusals('Auth0', explain),
  }
}

const explain = ({ status, error, description }: ProviderRefusal): Meaning | undefined => {
  if (error === 'unauthorized_client') {
    return {
      advice: 'the application may not use client credentials: turn the grant on under Advanced Settings > Grant Types',
    }
  }
  if (error !== 'access_denied') return undefined
  if (status === 401) {
    return {
      code: 'invalid_client',
      advice:
        'client id or secret is wrong, or the application is set to another authentication method than the secret in the body',
    }
  }
  if (/scope/i.test(description)) {
    return {
      code: 'invalid_scope',
      advice: 'the application is not granted a scope: APIs > the API > Machine to Machine Applications',
    }
  }
  return {
    code: 'invalid_target',
    advice:
      'the application is not authorized for this audience, or there is none such: APIs > the API > Machine to Machine Applications',
  }
}
