/** What a library under comparison is: how a careful user sets it up, and what it does not claim to do. */
import type { SignatureAlgorithm } from '@credence/jwt'
import workspace from '../../package.json' with { type: 'json' }

/** What a case needs that not every library claims to have. */
export type Feature =
  | 'PS256'
  | 'EdDSA'
  | 'typ'
  | 'kidless'
  | 'required claims'
  | 'proofs'
  | 'proof replay'
  | 'certificates'
  | 'revocation'

/** A request as an API gets it. */
export interface AskedRequest {
  readonly method: string
  /** Absolute; an API behind a server of its own sees only the path. */
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** The access token in it, for libraries that are given no request. */
  readonly token: string
  /** The client's certificate of the TLS connection, in DER. */
  readonly certificate?: Uint8Array
}

/** Where the issuer's keys are, and what of the issuer's tokens is known to be revoked. */
export interface Setting {
  readonly jwksUri: string
  readonly revokedJtis?: ReadonlySet<string>
}

/** A verifier set up for one issuer and one API, with empty caches. */
export interface Verifier {
  /** Resolves when the request is accepted, rejects when it is refused, by whatever error. */
  verify(request: AskedRequest): Promise<void>
}

export interface Contender {
  readonly name: string
  /** npm packages, whose versions the page states. */
  readonly packages: readonly string[]
  /** How it is set up, as Markdown. */
  readonly configuration: string
  /** Why a case that needs the feature says nothing about the library. */
  readonly notOffered: Readonly<Partial<Record<Feature, string>>>
  open(setting: Setting): Verifier
}

export const acceptedAlgorithms: readonly SignatureAlgorithm[] = ['ES256', 'RS256', 'PS256', 'EdDSA']
/** Seconds by which an issuer's clock may be off, for every library. */
export const toleranceSeconds = 5
/** What RFC 9068 §2.2 requires. */
export const requiredClaims: readonly string[] = ['iss', 'exp', 'aud', 'sub', 'iat', 'jti', 'client_id']

export const versionOf = (name: string): string =>
  workspace.devDependencies[name as keyof typeof workspace.devDependencies] ?? 'of this repository'
