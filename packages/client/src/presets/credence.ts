/** Preset for Credence. */

import type { TokenParameters } from '../cache/token_target.ts'
import { clientSecretBasic } from '../client_auth/client_secret_basic.ts'
import type { TokenManagerOptions } from '../configuration.ts'
import { type ClientOptions, chooseAuth, requireText, wrong } from './client_options.ts'

export interface CredenceOptions extends ClientOptions, Pick<TokenParameters, 'scope' | 'audience' | 'resource'> {
  /** `CREDENCE_ISSUER`: the public URL of the server, as `credence serve` prints it. */
  readonly issuer: string
}

/**
 * Options for a client of Credence. Everything else is read from the server's metadata.
 *
 * @throws {TokenError} `invalid_configuration`
 */
export const credence = (options: CredenceOptions): TokenManagerOptions => {
  const { issuer, audience, resource, clientSecret } = options
  requireText(issuer, 'Credence wants issuer: the URL that credence serve prints, such as https://auth.example.com')
  if (/\/oauth\/token\/?$/.test(issuer)) {
    throw wrong('issuer is the URL of the server, not of its token endpoint: leave out /oauth/token')
  }
  if (audience !== undefined && resource !== undefined && audience !== resource) {
    throw wrong('audience and resource mean the same to Credence: give one of them')
  }
  if (typeof clientSecret === 'string' && /^cred_[0-9a-z]{26}$/.test(clientSecret)) {
    throw wrong(
      'clientSecret is the id of a credential: the secret begins with it, and was shown once when it was made',
    )
  }
  return { ...options, clientSecret: undefined, ...chooseAuth(options, clientSecretBasic) }
}
