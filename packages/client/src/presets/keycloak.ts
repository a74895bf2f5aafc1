/** Preset for Keycloak: clients with service account roles. */

import type { TokenParameters } from '../cache/token_target.ts'
import { clientSecretPost } from '../client_auth/client_secret_post.ts'
import type { TokenManagerOptions } from '../configuration.ts'
import { type ClientOptions, chooseAuth, refuseOptions, requireText, wrong } from './client_options.ts'
import { explainRefusals, type Meaning, type ProviderRefusal } from './explain_refusals.ts'

export interface KeycloakOptions extends ClientOptions, Pick<TokenParameters, 'scope'> {
  /** Of the server: `https://sso.example.com`, with `/auth` behind it where it is served below that path. */
  readonly url: string
  /** The realm's name, as it is in URLs. */
  readonly realm: string
}

/**
 * Options for a client of a Keycloak realm.
 *
 * @throws {TokenError} `invalid_configuration`
 */
export const keycloak = ({ url, realm, ...options }: KeycloakOptions): TokenManagerOptions => {
  const base = requireText(url, 'Keycloak wants url: of the server, such as https://sso.example.com')
  if (/\/realms(\/|$)/.test(base))
    throw wrong('url is of the server: leave out /realms and what follows, and give realm')
  if (!URL.canParse(base) || /[?#]/.test(base)) throw wrong('url must be a URL such as https://sso.example.com')
  requireText(realm, "Keycloak wants realm: the realm's name")
  if (/[/?#\s]/.test(realm)) throw wrong('realm is the name alone, without slashes and spaces')
  refuseOptions(options, {
    audience:
      'Keycloak heeds no audience with this grant: add an audience mapper to a client scope, and ask for that scope',
    resource:
      'Keycloak heeds no resource with this grant: add an audience mapper to a client scope, and ask for that scope',
  })
  const issuer = `${base.replace(/\/+$/, '')}/realms/${encodeURIComponent(realm)}`
  return {
    ...options,
    clientSecret: undefined,
    issuer,
    tokenEndpoint: `${issuer}/protocol/openid-connect/token`,
    ...chooseAuth(options, clientSecretPost),
    translateAnswer: explainRefusals('Keycloak', explain),
  }
}

const explain = ({ status, error, description }: ProviderRefusal): Meaning | undefined => {
  if (status === 404) {
    return { code: 'invalid_request', advice: 'no such realm: check realm, and whether url needs /auth behind it' }
  }
  switch (error) {
    case 'unauthorized_client':
      return /credentials|secret/i.test(description)
        ? { code: 'invalid_client', advice: 'the secret is wrong: Clients > the client > Credentials' }
        : { advice: 'turn on Client authentication and Service accounts roles for the client' }
    case 'invalid_client':
      return { advice: 'no such client in this realm, or it is disabled' }
    case 'invalid_scope':
      return { advice: 'a scope is not a client scope of this client: Clients > the client > Client scopes' }
    default:
      return undefined
  }
}
