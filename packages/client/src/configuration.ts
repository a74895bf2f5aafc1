/** What a token manager is made with, checked at once. */
import { type Clock, isIssuer, isSecureUrl, systemClock } from '@credence/protocol'
import type { DPoPOptions } from './attaching/dpop.ts'
import type { TokenParameters } from './cache/token_target.ts'
import { type ClientAuth, noClientAuth, type SecretHooks } from './client_auth/client_auth.ts'
import { clientSecretBasic } from './client_auth/client_secret_basic.ts'
import type { OnEvent } from './events.ts'
import { clientCredentialsGrant, type Grant } from './grants/grant.ts'
import type { ManagedRotationOptions } from './managed_rotation.ts'
import type { Fetch } from './requests/bounded_fetch.ts'
import { type Sleep, systemSleep } from './requests/deadline.ts'
import type { TranslateAnswer } from './requests/provider_answer.ts'
import type { SecretSource } from './secret_sources/secret_source.ts'
import type { SharedCache } from './shared_cache/shared_cache.ts'
import { TokenError } from './token_error.ts'

/**
 * Give `clientSecret` or `auth`, not both. `scope`, `audience`, `resource` and `parameters` are what getToken() asks for by
 * itself.
 */
export interface TokenManagerOptions extends TokenParameters, SecretHooks {
  /** Exactly as the authorization server writes it (RFC 8414 §3.3). */
  readonly issuer: string
  readonly clientId: string
  /** The same as `auth: clientSecretBasic(clientSecret)`. */
  readonly clientSecret?: SecretSource | undefined
  /** Another client authentication method: `privateKeyJwt({ key })` …, or any of oauth4webapi's. */
  readonly auth?: ClientAuth | undefined
  /** Another grant than client credentials: `jwtBearerGrant(…)`. With it neither clientSecret nor auth is needed. */
  readonly grant?: Grant | undefined
  /** For a provider that answers in its own way: its answer in the words of RFC 6749. What the presets are made with. */
  readonly translateAnswer?: TranslateAnswer | undefined
  /** Tokens bound to a key (RFC 9449): `{}` for a key of this manager's own. Default: Bearer tokens. */
  readonly dpop?: DPoPOptions | undefined
  /** Against Credence: replaces the client secret before it expires and writes the new one to its source. */
  readonly managedRotation?: ManagedRotationOptions | undefined
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
        /**
         * How often a token request is sent at most while somebody waits for it, the first time included: 1 to 10. Default: 3.
         * A renewal behind the callers' back is sent once; it is tried again at the next use, after 1 s and at most every 30 s.
         */
        readonly maxAttempts?: number | undefined
      }
    | undefined
  /**
   * When an authorization server that does not answer is left alone. Counted are requests, for tokens and for metadata, that
   * ended with 5xx, a timeout or no connection; any other answer starts the count anew. While the breaker is open a valid
   * token is handed out as ever, and calls that need a request fail at once with `breaker_open` and `retryAfterSeconds`.
   */
  readonly breaker?:
    | {
        /** So many requests must fail, one after another, for the breaker to open: 1 to 1,000. Default: 5. */
        readonly failures?: number | undefined
        /**
         * How long it is open before one request is let through, in milliseconds: 100 to 600,000, and up to a fifth more by
         * chance. Twice as long after every such request that fails, up to 60,000 or this, whichever is more. Default: 10,000.
         */
        readonly openMs?: number | undefined
      }
    | undefined
  /**
   * Where `fetch` may send a token: origins such as `https://api.example.com`, nothing else in them. Default: anywhere that
   * the caller names, because an audience or resource names an API and not the hosts that serve it, so that no list can be
   * had from them. Give it where URLs come from outside. A token never follows a redirect to another origin, with or without.
   */
  readonly allowedOrigins?: readonly string[] | undefined
  /** Called with every event, synchronously, cache hits included; what it throws is ignored. Holds no secret. */
  readonly onEvent?: OnEvent | undefined
  /** Renew this long before expiry, but never before four fifths of the lifetime. Default: 60. */
  readonly expiryBufferSeconds?: number | undefined
  /** How many tokens are kept, those dropped first that were not used lately. Default: 1,000. */
  readonly maxCachedTokens?: number | undefined
  /**
   * Tokens shared with other processes: `sealedCache({ store, keys })`. Looked into where there is no valid token in memory.
   * Not for tokens that are bound to a key of this process: with `dpop` give its `key`.
   */
  readonly sharedCache?: SharedCache | undefined
  /** For tests: time, waiting, and chance (between 0 and 1). */
  readonly clock?: Clock | undefined
  readonly sleep?: Sleep | undefined
  readonly random?: (() => number) | undefined
}

export interface Configuration {
  readonly issuer: string
  readonly clientId: string
  readonly auth: ClientAuth
  readonly grant: Grant
  readonly translateAnswer: TranslateAnswer | undefined
  readonly dpop: DPoPOptions | undefined
  readonly hooks: SecretHooks
  readonly managedRotation: ManagedRotationOptions | undefined
  readonly tokenEndpoint: string | undefined
  readonly defaults: TokenParameters
  readonly fetch: Fetch
  readonly allowInsecureRequests: boolean
  readonly timeoutMs: number
  readonly maxAttempts: number
  readonly breaker: { readonly failures: number; readonly openMs: number }
  readonly allowedOrigins: ReadonlySet<string> | undefined
  readonly onEvent: OnEvent | undefined
  readonly expiryBufferSeconds: number
  readonly maxCachedTokens: number
  readonly sharedCache: SharedCache | undefined
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
  const { issuer, clientId, tokenEndpoint, allowInsecureRequests = false } = options
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
  const auth = parseAuth(options)
  const { onSecretRejected, onPreviousSecretUsed } = options
  return {
    issuer,
    clientId,
    auth,
    grant: options.grant ?? clientCredentialsGrant,
    translateAnswer: options.translateAnswer,
    dpop: options.dpop,
    hooks: { onSecretRejected, onPreviousSecretUsed },
    managedRotation: checkedRotation(options, auth),
    tokenEndpoint,
    defaults: readDefaults(options),
    // looked up at every call: instrumentation may replace the runtime's fetch later
    fetch: chooseFetch(options.fetch, auth) ?? ((input, init) => globalThis.fetch(input, init)),
    allowInsecureRequests,
    timeoutMs: inRange('timeoutMs', options.timeoutMs ?? 10_000, [1, 600_000]),
    maxAttempts: inRange('retry.maxAttempts', options.retry?.maxAttempts ?? 3, [1, 10]),
    breaker: {
      failures: inRange('breaker.failures', options.breaker?.failures ?? 5, [1, 1_000]),
      openMs: inRange('breaker.openMs', options.breaker?.openMs ?? 10_000, [100, 600_000]),
    },
    allowedOrigins: options.allowedOrigins && new Set(options.allowedOrigins.map(checkedOrigin)),
    onEvent: options.onEvent,
    expiryBufferSeconds: inRange('expiryBufferSeconds', options.expiryBufferSeconds ?? 60, [0, 86_400]),
    maxCachedTokens: inRange('maxCachedTokens', options.maxCachedTokens ?? 1_000, [1, 1_000_000]),
    sharedCache: checkedSharedCache(options, auth),
    clock: options.clock ?? systemClock,
    sleep: options.sleep ?? systemSleep,
    random: options.random ?? Math.random,
  }
}

const parseAuth = ({ clientSecret, auth, grant }: TokenManagerOptions): ClientAuth => {
  if (grant !== undefined && clientSecret === undefined && auth === undefined) return noClientAuth
  if ((clientSecret === undefined) === (auth === undefined)) throw wrong('give clientSecret or auth, not both')
  if (auth !== undefined) return auth
  // an empty string is an environment variable that was never set
  if (clientSecret === undefined || clientSecret === '') throw wrong('clientSecret must not be empty')
  return clientSecretBasic(clientSecret)
}

const chooseFetch = (given: Fetch | undefined, { fetch }: ClientAuth): Fetch | undefined => {
  if (given !== undefined && fetch !== undefined) throw wrong('fetch: this auth has its own, which has the certificate')
  return given ?? fetch
}

const checkedRotation = ({ managedRotation, tokenEndpoint }: TokenManagerOptions, { secrets }: ClientAuth) => {
  if (managedRotation === undefined) return undefined
  if (secrets === undefined)
    throw wrong('managedRotation needs a client secret: clientSecret, or auth that presents one')
  if (tokenEndpoint !== undefined) throw wrong('managedRotation needs the issuer’s metadata: leave tokenEndpoint out')
  return managedRotation
}

/** A token that is taken for another's, or that nobody else can use, is worse than none that is shared. */
const checkedSharedCache = ({ sharedCache, dpop, grant }: TokenManagerOptions, auth: ClientAuth) => {
  if (sharedCache === undefined) return undefined
  if (dpop !== undefined && dpop.key === undefined)
    throw wrong('sharedCache with dpop needs dpop.key, the same everywhere')
  if ((grant !== undefined || auth.usesMtlsAliases === true) && sharedCache.partition === undefined) {
    throw wrong('sharedCache with grant or a client certificate needs a partition, one for each subject or certificate')
  }
  return sharedCache
}

const readDefaults = ({ scope, audience, resource, parameters }: TokenManagerOptions): TokenParameters => ({
  scope,
  audience,
  resource,
  parameters,
})

/** Written just as URL.origin writes it: whatever else is in it would be taken for a restriction that is none. */
const checkedOrigin = (text: string): string => {
  if (URL.parse(text)?.origin === text && !text.includes('*')) return text
  throw wrong(
    'allowedOrigins must be origins such as https://api.example.com, without a path and without a slash at the end',
  )
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
