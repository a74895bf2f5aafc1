/** The issuers a resource server trusts, each with its own keys and algorithms. RFC 9068 §4, RFC 8725 §3.1. */
import {
  createRemoteKeySet,
  type FetchDocument,
  type KeySet,
  type SignatureAlgorithm,
  signatureAlgorithms,
} from '@credence/jwt'
import { type Clock, isIssuer, isSecureUrl } from '@credence/protocol'

export interface IssuerOptions {
  /** Exactly as tokens and metadata have it. https, or http on loopback. */
  readonly issuer: string
  /** Where its keys are. Found through its metadata (RFC 8414) unless given. */
  readonly jwksUri?: string
  /** What it signs with. Every algorithm Credence knows, unless given. */
  readonly algorithms?: readonly SignatureAlgorithm[]
  /** Keys that are at hand, instead of fetched. */
  readonly keys?: KeySet
  /** Lets metadata and keys be fetched from private networks. Loopback needs it only when the issuer is not on it. */
  readonly allowPrivateAddresses?: boolean
}

export interface TrustedIssuer {
  readonly issuer: string
  readonly keys: KeySet
  readonly algorithms: readonly SignatureAlgorithm[]
}

interface KeySources {
  readonly clock: Clock
  readonly fetchDocument?: FetchDocument | undefined
}

/**
 * Makes the table of issuers. Nothing is fetched before a token needs it.
 *
 * @throws {TypeError} when there is none, one is given twice, or one is not an issuer with its options.
 */
export const createTrustedIssuers = (issuers: readonly IssuerOptions[], sources: KeySources) => {
  if (issuers.length === 0) throw new TypeError('issuers must name at least one issuer')
  const trusted = new Map<string, TrustedIssuer>()
  for (const options of issuers) {
    checkIssuerOptions(options)
    if (trusted.has(options.issuer)) throw new TypeError(`issuer given twice: ${options.issuer}`)
    trusted.set(options.issuer, createTrustedIssuer(options, sources))
  }
  return trusted as ReadonlyMap<unknown, TrustedIssuer>
}

const createTrustedIssuer = (options: IssuerOptions, { clock, fetchDocument }: KeySources): TrustedIssuer => {
  const { issuer, algorithms = signatureAlgorithms } = options
  const keys = options.keys ?? createRemoteKeySet({ ...options, clock, ...(fetchDocument && { fetchDocument }) })
  return { issuer, keys, algorithms }
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
