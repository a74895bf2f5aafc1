/** Preset for any authorization server that keeps to RFC 6749. */

import type { TokenParameters } from '../cache/token_target.ts'
import { clientSecretBasic } from '../client_auth/client_secret_basic.ts'
import { clientSecretPost } from '../client_auth/client_secret_post.ts'
import type { TokenManagerOptions } from '../configuration.ts'
import type { SecretSource } from '../secret_sources/secret_source.ts'
import { type ClientOptions, chooseAuth, requireText, wrong } from './client_options.ts'

const secretPlaces = {
  header: clientSecretBasic,
  'header-raw': (secret: SecretSource) => clientSecretBasic(secret, { encoding: 'raw' }),
  body: clientSecretPost,
} as const

export interface GenericOptions extends ClientOptions, Pick<TokenParameters, 'scope' | 'audience' | 'resource'> {
  /** Exactly as the server's metadata have it. */
  readonly issuer: string
  /** Where the server has no metadata, or they name an endpoint on another host. */
  readonly tokenEndpoint?: string | undefined
  /**
   * Where the secret goes: in the Authorization header, form-encoded first as RFC 6749 §2.3.1 has it (`header`, the default)
   * or as it is (`header-raw`), or in the body (`body`).
   */
  readonly secretIn?: keyof typeof secretPlaces | undefined
}

/**
 * Options for a client of a provider without a preset of its own.
 *
 * @throws {TokenError} `invalid_configuration`
 */
export const generic = ({ secretIn = 'header', ...options }: GenericOptions): TokenManagerOptions => {
  requireText(options.issuer, 'issuer must be the URL of the authorization server, as its metadata have it')
  if (options.issuer.includes('/.well-known/')) {
    throw wrong('issuer is the member of that name in the metadata, not the URL of the metadata')
  }
  if (!Object.hasOwn(secretPlaces, secretIn)) {
    throw wrong(`secretIn must be one of ${Object.keys(secretPlaces).join(', ')}`)
  }
  return { ...options, clientSecret: undefined, ...chooseAuth(options, secretPlaces[secretIn]) }
}
