/** Preset for Okta: API Services applications, at a custom authorization server or, for Okta's own API, at the org's. */
import { clientSecretBasic } from '../client_auth/client_secret_basic.ts'
import type { TokenManagerOptions } from '../configuration.ts'
import { type ClientOptions, chooseAuth, parseOrigin, refuseOptions, scopesOf, wrong } from './client_options.ts'
import { explainRefusals, type Meaning, type ProviderRefusal } from './explain_refusals.ts'

export interface OktaOptions extends ClientOptions {
  /** The org's domain, `example.okta.com`, or the custom domain. */
  readonly domain: string
  /** Security › API › Authorization Servers: the last part of the issuer. `org`: the org's own. Default: `default`. */
  readonly authorizationServer?: string | undefined
  readonly scope: string | readonly string[]
}

/** These are for people who sign in. */
const userScopes = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access', 'device_sso']

/**
 * Options for a service application of Okta.
 *
 * @throws {TokenError} `invalid_configuration`
 */
export const okta = ({ domain, authorizationServer = 'default', ...options }: OktaOptions): TokenManagerOptions => {
  const origin = parseOrigin(
    domain,
    'Okta wants domain: the name alone, such as example.okta.com, without https:// and path',
  )
  if (/-admin\.okta(preview)?\.com$/.test(new URL(origin).hostname)) {
    throw wrong('domain is that of the admin console: leave out -admin')
  }
  if (!/^[A-Za-z0-9_-]+$/.test(authorizationServer)) {
    throw wrong('authorizationServer is the last part of its issuer: default, or an id such as aus1a2b3c4d5e6f7g8h9')
  }
  checkScopes(scopesOf(options.scope), authorizationServer, options)
  refuseOptions(options, {
    audience: 'the audience is set at the authorization server of Okta: leave it out here',
    resource: 'the audience is set at the authorization server of Okta: leave out resource',
  })
  const issuer = authorizationServer === 'org' ? origin : `${origin}/oauth2/${authorizationServer}`
  return {
    ...options,
    clientSecret: undefined,
    issuer,
    tokenEndpoint: authorizationServer === 'org' ? `${origin}/oauth2/v1/token` : `${issuer}/v1/token`,
    // secrets of Okta have - and _, which need no encoding and which not every server decodes
    ...chooseAuth(options, (secret) => clientSecretBasic(secret, { encoding: 'raw' })),
    translateAnswer: explainRefusals('Okta', explain),
  }
}

const checkScopes = (scopes: readonly string[], authorizationServer: string, options: ClientOptions): void => {
  if (scopes.length === 0) {
    throw wrong('Okta wants scope: a custom scope (Security > API > Authorization Servers > the server > Scopes)')
  }
  const forUsers = scopes.filter((scope) => userScopes.includes(scope))
  if (forUsers.length > 0) throw wrong(`Okta gives ${forUsers.join(' ')} to people who sign in, never to a service`)
  const forOkta = scopes.filter((scope) => scope.startsWith('okta.'))
  if (authorizationServer !== 'org') {
    if (forOkta.length > 0) throw wrong(`${forOkta.join(' ')} is for Okta's own API: give authorizationServer: 'org'`)
    return
  }
  if (forOkta.length !== scopes.length) {
    throw wrong(
      "the org authorization server cannot mint custom scopes, only okta.*: give authorizationServer: 'default'",
    )
  }
  if (options.auth === undefined)
    throw wrong('the org authorization server takes no secret: give auth: privateKeyJwt(…)')
}

const explain = ({ error, description, body }: ProviderRefusal): Meaning | undefined => {
  const { errorCode, errorSummary } = body
  const said = `${description} ${typeof errorSummary === 'string' ? errorSummary : ''}`
  switch (error === '' ? errorCode : error) {
    case 'invalid_client':
      return /client_id/.test(said)
        ? { code: 'invalid_client', advice: 'no application of this org has this client id' }
        : {
            code: 'invalid_client',
            advice: 'the secret is wrong, expired or of another application: see its General tab',
          }
    case 'invalid_scope':
      return {
        advice: 'scope is missing, or not one of the authorization server: Security > API > the server > Scopes',
      }
    case 'access_denied':
      return {
        code: 'unauthorized_client',
        advice:
          'no access policy of the authorization server has a rule for this application: Security > API > the server > Access Policies',
      }
    default:
      return undefined
  }
}
