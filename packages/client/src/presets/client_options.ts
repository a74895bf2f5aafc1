/** What every preset takes besides its own options, and how it says that one is wrong. */

import type { ClientAuth } from '../client_auth/client_auth.ts'
import type { TokenManagerOptions } from '../configuration.ts'
import type { SecretSource } from '../secret_sources/secret_source.ts'
import { TokenError } from '../token_error.ts'

/** Whatever createTokenManager takes and no preset decides. */
export type ManagerOptions = Omit<
  TokenManagerOptions,
  | 'issuer'
  | 'tokenEndpoint'
  | 'clientId'
  | 'clientSecret'
  | 'auth'
  | 'grant'
  | 'translateAnswer'
  | 'scope'
  | 'audience'
  | 'resource'
>

export interface ClientOptions extends ManagerOptions {
  readonly clientId: string
  /** The secret, or where it is kept. Give this or `auth`. */
  readonly clientSecret?: SecretSource | undefined
  /** Another client authentication method, such as `privateKeyJwt(…)`. */
  readonly auth?: ClientAuth | undefined
}

export const wrong = (message: string): TokenError => new TokenError('invalid_configuration', message)

/** @throws {TokenError} `invalid_configuration` with the advice when there is no such text */
export const requireText = (value: unknown, advice: string): string => {
  if (typeof value !== 'string' || value.trim() === '') throw wrong(advice)
  if (value !== value.trim()) throw wrong(`${advice} (it has a space or a line break at an end)`)
  return value
}

/** @throws {TokenError} `invalid_configuration` when an option is given that the provider has no use for */
export const refuseOptions = (options: object, refused: Readonly<Record<string, string>>): void => {
  for (const [name, advice] of Object.entries(refused)) {
    if ((options as Readonly<Record<string, unknown>>)[name] !== undefined) throw wrong(advice)
  }
}

/**
 * The method by which the client authenticates: `auth`, or the secret by the method that suits the provider.
 *
 * @throws {TokenError} `invalid_configuration` unless exactly one of both is given
 */
export const chooseAuth = (
  { clientId, clientSecret, auth }: ClientOptions,
  presentSecret: (secret: SecretSource) => ClientAuth,
): { readonly clientId: string; readonly auth: ClientAuth } => {
  requireText(clientId, 'clientId must be a text: is its environment variable set?')
  if (auth !== undefined && clientSecret === undefined) return { clientId, auth }
  if (auth !== undefined || clientSecret === undefined) throw wrong('give clientSecret or auth, and not both')
  if (typeof clientSecret === 'string') {
    requireText(clientSecret, 'clientSecret must not be empty: is its environment variable set?')
  }
  return { clientId, auth: presentSecret(clientSecret) }
}

/**
 * The origin of a host name, `https://` put before it, or of a URL that is an origin and nothing else.
 *
 * @throws {TokenError} `invalid_configuration` with the advice
 */
export const parseOrigin = (text: unknown, advice: string): string => {
  const given = requireText(text, advice)
  const url = URL.parse(/^https?:\/\//.test(given) ? given : `https://${given}`)
  if (url === null || url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '')
    throw wrong(advice)
  return url.origin
}

/** The scope tokens of an option that is one text of them, or several. */
export const scopesOf = (scope: string | readonly string[] | undefined): readonly string[] =>
  [scope ?? []]
    .flat()
    .flatMap((text) => text.split(' '))
    .filter((token) => token !== '')
