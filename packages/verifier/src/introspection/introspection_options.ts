/** How an issuer is asked about a token, as it is configured. RFC 7662 §2.1. */
import { isSecureUrl } from '@credence/protocol'

export interface IntrospectionOptions {
  /** Where the issuer is asked. Found through its metadata unless given, and then has to be on the issuer's own origin. */
  readonly endpoint?: string
  /** This resource server's client id at the issuer. Signed answers must be for it. */
  readonly clientId: string
  /** For HTTP Basic; a function is asked each time, so that a secret can be replaced while the server runs. */
  readonly clientSecret?: string | (() => string | Promise<string>)
  /** In place of the secret: authenticates the call in any other way. */
  readonly authorize?: () => IntrospectionAuthorization | Promise<IntrospectionAuthorization>
  /**
   * `opaque-only`: tokens that are no JWT. `always`: every JWT as well, after it has verified here, so that one that was
   * revoked is refused as soon as the answer before is forgotten. `opaque-only` unless given.
   */
  readonly mode?: 'opaque-only' | 'always'
  /** Accepts signed answers (RFC 9701) and no others. */
  readonly signed?: boolean
  /** How long an answer may be used again, 0 to 300 and never beyond `exp`. 10 unless given. */
  readonly cacheSeconds?: number
  /** How this issuer's opaque tokens begin. Needed to tell them apart where several issuers are asked about such tokens. */
  readonly tokenPrefix?: string
  /**
   * Accepts an answer without `aud`. For an issuer that calls a token active only to the resource servers it is for; with
   * any other, a token for every API of it would pass.
   */
  readonly withoutAudience?: 'trust-issuer'
}

export interface IntrospectionAuthorization {
  readonly headers?: Readonly<Record<string, string>>
  /** Form parameters, such as a client_assertion. */
  readonly parameters?: Readonly<Record<string, string>>
}

export const defaultCacheSeconds = 10
export const maxCacheSeconds = 300

/** @throws {TypeError} or {RangeError} saying what is wrong. */
export const checkIntrospectionOptions = (options: IntrospectionOptions): void => {
  const { clientId, clientSecret, authorize, endpoint, mode = 'opaque-only', withoutAudience } = options
  if (typeof clientId !== 'string' || clientId === '') throw new TypeError('introspection needs a clientId')
  if ((clientSecret === undefined) === (authorize === undefined)) {
    throw new TypeError('introspection needs either clientSecret or authorize')
  }
  const url = endpoint === undefined ? undefined : URL.parse(endpoint)
  if (url === null || (url !== undefined && !isSecureUrl(url))) {
    throw new TypeError(`introspection.endpoint must be https, or http on loopback: ${endpoint}`)
  }
  if (mode !== 'opaque-only' && mode !== 'always') throw new TypeError('introspection.mode is opaque-only or always')
  if (withoutAudience !== undefined && withoutAudience !== 'trust-issuer') {
    throw new TypeError('introspection.withoutAudience may be trust-issuer')
  }
  const { cacheSeconds = defaultCacheSeconds } = options
  if (!(cacheSeconds >= 0 && cacheSeconds <= maxCacheSeconds)) {
    throw new RangeError(`introspection.cacheSeconds must be from 0 to ${maxCacheSeconds}`)
  }
}
