/** What makes a test authorization server look like a provider: its paths, its documents, its tokens, its words. */
import type { JsonObject, SignatureAlgorithm } from '@credence/jwt'
import type { Form, Randomness } from '@credence/protocol'
import { missingScopes } from '@credence/protocol'
import { Refusal } from '../refusal.ts'
import type { RegisteredClient } from '../registered_client.ts'

/** Where everything is. Absolute; two endpoints never share a path. */
export interface SkinUrls {
  readonly issuer: string
  readonly token: string
  readonly keys: string
  /** Every place where the metadata are. */
  readonly metadata: readonly string[]
  readonly introspection?: string | undefined
}

/** A token request, read. */
export interface AskedToken {
  readonly form: Form
  /** Undefined when omitted. */
  readonly scope: readonly string[] | undefined
  /** What `resource` and `audience` name, each once. */
  readonly targets: readonly string[]
  /** The claims of the assertion, where the grant is jwt-bearer. */
  readonly assertion: JsonObject | undefined
}

/** What a token will say, and no token yet. */
export interface TestAuthorization {
  readonly client: RegisteredClient
  readonly audience: string
  readonly scope: readonly string[]
  readonly ttlSeconds: number
}

export interface TokenContext {
  readonly urls: SkinUrls
  /** Epoch seconds. */
  readonly iat: number
  readonly randomness: Randomness
}

/** What an answer to a token request is made with. */
export interface Minting extends TokenContext {
  /** The token as a JWT. */
  readonly sign: () => Promise<string>
}

export interface SkinAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** For anybody's cache: metadata and keys. */
  readonly isPublic?: boolean
  readonly body: object
}

export interface Skin {
  readonly algorithm: SignatureAlgorithm
  readonly grantType: string
  /** @param origin the one of the test server; undefined for the provider's own URLs */
  readonly locate: (origin: string | undefined) => SkinUrls
  readonly defaults: {
    readonly audience: string
    readonly scope: readonly string[]
    readonly tokenTtlSeconds: number
    readonly createClientId: (randomness: Randomness) => string
  }
  /** @throws {Refusal} */
  readonly authorize: (asked: AskedToken, client: RegisteredClient, defaults: SkinDefaults) => Granted
  readonly header: (kid: string, algorithm: SignatureAlgorithm) => object
  readonly claims: (authorization: TestAuthorization, context: TokenContext) => object
  readonly answer: (authorization: TestAuthorization, minting: Minting) => Promise<object>
  readonly refuse: (refusal: Refusal, context: TokenContext) => SkinAnswer
  /** The provider's own answer to too many requests, 429, where it has one. */
  readonly tooMany?: (context: TokenContext) => Omit<SkinAnswer, 'status'>
  readonly metadata: (urls: SkinUrls) => object
}

export interface SkinDefaults {
  readonly audience: string
  readonly scope: readonly string[]
}

export interface Granted {
  readonly audience: string
  readonly scope: readonly string[]
}

/**
 * The scopes of a token: all that is asked for, or all that the client is granted.
 *
 * @throws {Refusal} `unknown_scope`, naming what is not granted
 */
export const grantScope = (
  { scope: asked }: AskedToken,
  { scope: granted }: RegisteredClient,
  defaults: readonly string[],
): readonly string[] => {
  if (asked === undefined) return granted ?? defaults
  const missing = granted === undefined ? [] : missingScopes(asked, granted)
  if (missing.length > 0) throw new Refusal('unknown_scope', missing.join(' '))
  return asked
}

/**
 * The audience of a token: the one that is asked for, or the client's, or the server's.
 *
 * @throws {Refusal} `ambiguous_audience`, `unknown_audience`
 */
export const grantAudience = (
  { targets: [named, ...others] }: AskedToken,
  { audiences }: RegisteredClient,
  fallback: string,
): string => {
  if (others.length > 0) throw new Refusal('ambiguous_audience', 'one token is for one audience: name one resource')
  if (named !== undefined && audiences !== undefined && !audiences.includes(named)) {
    throw new Refusal('unknown_audience', named)
  }
  if (named === undefined && audiences !== undefined && audiences.length !== 1) {
    throw new Refusal('ambiguous_audience', 'this client is granted more than one API: name a resource')
  }
  return named ?? audiences?.[0] ?? fallback
}

export const clientCredentials = 'client_credentials'

export const tokenId = (randomness: Randomness): string => Buffer.from(randomness.bytes(16)).toString('base64url')

/** The error document of RFC 6749 §5.2, description first made fit for it. */
export const errorBody = (error: string, description: string) => ({ error, error_description: description })

/** The members that every provider's OpenID Connect document has, where only machines are served. */
export const openidMembers = ({ issuer, token, keys }: SkinUrls, algorithm: SignatureAlgorithm) => ({
  issuer,
  token_endpoint: token,
  jwks_uri: keys,
  grant_types_supported: [clientCredentials],
  response_types_supported: ['code', 'token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: [algorithm],
})
