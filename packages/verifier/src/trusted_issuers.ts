/** The issuers a resource server trusts, each with its own keys, algorithms and kind of tokens. RFC 9068 §4, RFC 8725 §3.1. */
import {
  createGuardedFetch,
  createRemoteKeySet,
  type FetchDocument,
  type KeySet,
  type KeySetSnapshot,
  type RemoteKeySet,
  reachFor,
  type SignatureAlgorithm,
  signatureAlgorithms,
  type VerifiedClaims,
  type VerifyOptions,
} from '@credence/jwt'
import { type Clock, isIssuer, isSecureUrl } from '@credence/protocol'
import type { IntrospectionOptions } from './introspection/introspection_options.ts'
import { createIntrospector, type Introspector } from './introspection/introspector.ts'
import { createIntrospectorChoice, isOpaque } from './introspection/opaque_tokens.ts'
import { type ProfileOptions, resolveProfile } from './profiles/resolve_profile.ts'
import { publishKeyFetch } from './trusted_issuers_diagnostics.ts'

export interface IssuerOptions extends ProfileOptions {
  /** Exactly as tokens and metadata have it. https, or http on loopback. */
  readonly issuer: string
  /** Where its keys are. Found through its metadata (RFC 8414, or else OpenID Connect Discovery) unless given. */
  readonly jwksUri?: string
  /** What it signs with. What its profile says, or every algorithm Credence knows, unless given. */
  readonly algorithms?: readonly SignatureAlgorithm[]
  /** Keys that are at hand, instead of fetched. */
  readonly keys?: KeySet
  /** Keys to begin with while they cannot be fetched: what `exportKeys` gave, or a key set document. At most 24 hours old. */
  readonly hydrate?: unknown
  /** Asks the issuer about tokens that cannot be read here, or about every token. */
  readonly introspection?: IntrospectionOptions
  /** Lets metadata and keys be fetched from private networks. Loopback needs it only when the issuer is not on it. */
  readonly allowPrivateAddresses?: boolean
}

/** What its tokens are verified with, and how it is asked. */
export interface TrustedIssuer extends VerifyOptions {
  readonly introspector: Introspector | undefined
  readonly snapshot: RemoteKeySet['snapshot']
}

export interface TrustedIssuers {
  /** By what a token says in `iss`, which may be anything. */
  get(iss: unknown): TrustedIssuer | undefined
  /** Whom to ask about a token; undefined for one that can be read here, and where nobody is to be asked. */
  introspectorFor(token: string): Introspector | undefined
  /** Whether any issuer is asked about JWTs too. */
  readonly asksAlways: boolean
  /**
   * Asks the issuer about a JWT that was verified here, where that is how it is to be.
   *
   * @throws {RequestRefused} `token_inactive`, `introspection_unavailable`
   */
  checkActive(token: string, claims: VerifiedClaims): Promise<void>
  /** The keys of each issuer that has any, to begin with at the next start. */
  exportKeys(): readonly KeySetSnapshot[]
}

export interface TrustedIssuersSettings {
  readonly audience: string
  readonly clock: Clock
  readonly clockToleranceSeconds: number
  readonly fetchDocument?: FetchDocument | undefined
  /** For every issuer that has none of its own. */
  readonly introspection?: IntrospectionOptions | undefined
}

/**
 * Makes the table of issuers. Nothing is fetched before a token needs it.
 *
 * @throws {TypeError} or {RangeError} when there is none, one is given twice, or one is not an issuer with its options.
 */
export const createTrustedIssuers = (
  issuers: readonly IssuerOptions[],
  settings: TrustedIssuersSettings,
): TrustedIssuers => {
  if (issuers.length === 0) throw new TypeError('issuers must name at least one issuer')
  const table = new Map<unknown, TrustedIssuer>()
  for (const options of issuers) {
    checkIssuerOptions(options)
    if (table.has(options.issuer)) throw new TypeError(`issuer given twice: ${options.issuer}`)
    table.set(options.issuer, createTrustedIssuer(options, settings))
  }
  const trusted = [...table.values()]
  const introspectors = trusted.flatMap(({ introspector }) => introspector ?? [])
  return {
    get: (iss) => table.get(iss),
    introspectorFor: createIntrospectorChoice(introspectors),
    checkActive: async (token, claims) => {
      const { introspector } = table.get(claims.iss) ?? {}
      if (introspector?.asksAlways === true && !isOpaque(token)) await introspector.introspect(token, claims)
    },
    asksAlways: introspectors.some(({ asksAlways }) => asksAlways),
    exportKeys: () => trusted.flatMap(({ snapshot }) => snapshot() ?? []),
  }
}

const createTrustedIssuer = (options: IssuerOptions, settings: TrustedIssuersSettings): TrustedIssuer => {
  const { issuer, introspection = settings.introspection } = options
  const profile = resolveProfile(options)
  profile.checkIssuer(issuer)
  const { types, translateClaims } = profile
  const algorithms = options.algorithms ?? profile.algorithms ?? signatureAlgorithms
  const fetchDocument = settings.fetchDocument ?? createGuardedFetch({ reach: reachFor(issuer, options) })
  const jwksUri = options.jwksUri ?? profile.jwksUri?.(issuer)
  const remote = createRemoteKeySet({
    issuer,
    algorithms,
    fetchDocument,
    clock: settings.clock,
    hydrate: options.hydrate,
    onFetch: publishKeyFetch,
    ...(jwksUri !== undefined && { jwksUri }),
  })
  const keys = options.keys ?? remote
  const asked = { issuer, keys, algorithms, allowPrivateAddresses: options.allowPrivateAddresses }
  return {
    issuer,
    keys,
    algorithms,
    types,
    audience: settings.audience,
    clock: settings.clock,
    clockToleranceSeconds: settings.clockToleranceSeconds,
    ...(translateClaims && { translateClaims }),
    introspector: introspection && createIntrospector(asked, introspection, { ...settings, fetchDocument }),
    snapshot: remote.snapshot,
  }
}

const checkIssuerOptions = ({ issuer, jwksUri, algorithms }: IssuerOptions): void => {
  if (!isIssuer(issuer) || !isSecureUrl(new URL(issuer))) {
    throw new TypeError(`issuer must be https, or http on loopback, without query and fragment: ${issuer}`)
  }
  const keysAt = jwksUri === undefined ? undefined : URL.parse(jwksUri)
  if (keysAt === null || (keysAt !== undefined && !isSecureUrl(keysAt))) {
    throw new TypeError(`jwksUri must be https, or http on loopback: ${jwksUri}`)
  }
  const unknown = algorithms?.find((name) => !signatureAlgorithms.includes(name))
  if (algorithms?.length === 0 || unknown !== undefined) {
    throw new TypeError(`algorithms must be some of ${signatureAlgorithms.join(', ')}`)
  }
}
