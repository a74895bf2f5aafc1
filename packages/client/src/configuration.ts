/** What a token manager is made with, checked at once. */
import { type Clock, isIssuer, isSecureUrl, systemClock } from '@credence/protocol'
import type { Fetch } from './bounded_fetch.ts'
import { type ClientAuth, clientSecretBasic, type SecretSource } from './client_auth.ts'
import { type Sleep, systemSleep } from './deadline.ts'
import { TokenError } from './token_error.ts'
import type { TokenParameters } from './token_target.ts'

/** Give `clientSecret` or `auth`, not both. `scope`, `audience` and `resource` are what getToken() asks for by itself. */
export interface TokenManagerOptions extends TokenParameters {
  /** Exactly as the authorization server writes it (RFC 8414 §3.3). */
  readonly issuer: string
  readonly clientId: string
  /** The same as `auth: clientSecretBasic(clientSecret)`. */
  readonly clientSecret?: SecretSource | undefined
  /** Another client authentication method: `clientSecretPost(secret)`, or any of oauth4webapi's. */
  readonly auth?: ClientAuth | undefined
  /** Where to ask for tokens. Given: the issuer's metadata is not read, and another origin than the issuer's is allowed. */
  readonly tokenEndpoint?: string | undefined
  /** Used for everything that is sent. Default: the runtime's own. */
  readonly fetch?: Fetch | undefined
  /** http to hosts that are not this machine. Default: false. */
  readonly allowInsecureRequests?: boolean | undefined
  /** How long one request to the authorization server may take, in milliseconds. Default: 10,000. */
  readonly timeoutMs?: number | undefined
  readonly retry?:
    | {
        /** How often a token request is sent at most, the first time included: 1 to 10. Default: 3. */
        readonly maxAttempts?: number | undefined
      }
    | undefined
  /** Renew this long before expiry, but never before four fifths of the lifetime. Default: 60. */
  readonly expiryBufferSeconds?: number | undefined
  /** How many tokens are kept, the least recently used dropped first. Default: 1,000. */
  readonly maxCachedTokens?: number | undefined
  /** For tests: time, waiting, and chance (between 0 and 1). */
  readonly clock?: Clock | undefined
  readonly sleep?: Sleep | undefined
  readonly random?: (() => number) | undefined
}

export interface Configuration {
  readonly issuer: string
  readonly clientId: string
  readonly auth: ClientAuth
  readonly tokenEndpoint: string | undefined
  readonly defaults: TokenParameters
  readonly fetch: Fetch
  readonly allowInsecureRequests: boolean
  readonly timeoutMs: number
  readonly maxAttempts: number
  readonly expiryBufferSeconds: number
  readonly maxCachedTokens: number
  readonly clock: Clock
  readonly sleep: Sleep
  readonly random: () => number
}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {TokenError} `invalid_configuration` or `insecure_url`
 */
export const parseOptions = (options: TokenManagerOptions): Configuration => {
  const { issuer, clientId, tokenEndpoint, allowInsecureRequests = false, scope, audience, resource } = options
  if (typeof issuer !== 'string' || !isIssuer(issuer)) throw wrong('issuer must be an http(s) URL without query')
  if (typeof clientId !== 'string' || clientId === '') throw wrong('clientId must be a non-empty string')
  if (tokenEndpoint !== undefined && !isEndpoint(tokenEndpoint)) throw wrong('tokenEndpoint must be an http(s) URL')
  const contacted = new URL(tokenEndpoint ?? issuer)
  if (!allowInsecureRequests && !isSecureUrl(contacted)) {
    throw new TokenError(
      'insecure_url',
      `no credential is sent to ${contacted.origin}: not https, and not this machine`,
    )
  }
  return {
    issuer,
    clientId,
    auth: parseAuth(options),
    tokenEndpoint,
    defaults: { scope, audience, resource },
    // looked up at every call: instrumentation may replace the runtime's fetch later
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    allowInsecureRequests,
    timeoutMs: inRange('timeoutMs', options.timeoutMs ?? 10_000, [1, 600_000]),
    maxAttempts: inRange('retry.maxAttempts', options.retry?.maxAttempts ?? 3, [1, 10]),
    expiryBufferSeconds: inRange('expiryBufferSeconds', options.expiryBufferSeconds ?? 60, [0, 86_400]),
    maxCachedTokens: inRange('maxCachedTokens', options.maxCachedTokens ?? 1_000, [1, 1_000_000]),
    clock: options.clock ?? systemClock,
    sleep: options.sleep ?? systemSleep,
    random: options.random ?? Math.random,
  }
}

const parseAuth = ({ clientSecret, auth }: TokenManagerOptions): ClientAuth => {
  if ((clientSecret === undefined) === (auth === undefined)) throw wrong('give clientSecret or auth, not both')
  if (auth !== undefined) return auth
  // an empty string is an environment variable that was never set
  if (clientSecret === undefined || clientSecret === '') throw wrong('clientSecret must not be empty')
  return clientSecretBasic(clientSecret)
}

const isEndpoint = (text: string): boolean => {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.hash === '' && url.username === '' && url.password === ''
}

const inRange = (name: string, value: number, [least, most]: readonly [number, number]): number => {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw wrong(`${name} must be a whole number from ${least} to ${most}`)
  }
  return value
}

const wrong = (message: string) => new TokenError('invalid_configuration', message)
