/** What Credence keeps. Times are epoch seconds, lifetimes are seconds, ids are opaque. */

/** A signature algorithm an API can choose for its tokens. */
export type SigningAlgorithm = 'ES256' | 'RS256' | 'PS256' | 'EdDSA'

/** jwt: signed, for everybody with the public keys to check. opaque: sealed, for nobody but the server to read. */
export type TokenFormat = 'jwt' | 'opaque'

/** Whether tokens must be bound to a key that whoever presents them proves to hold (RFC 9449, RFC 8705). */
export type SenderConstraint = 'optional' | 'required'

/** A protected resource: whom a token is for and what it can allow there. */
export interface Api {
  readonly id: string
  /** The `aud` of its tokens and the `resource` of requests for them (RFC 8707). Never changes. */
  readonly audience: string
  readonly scopes: readonly string[]
  readonly tokenTtlSeconds: number
  readonly signingAlgorithm: SigningAlgorithm
  readonly tokenFormat: TokenFormat
  readonly senderConstraint: SenderConstraint
  readonly createdAt: number
  readonly updatedAt: number
  /** Grows by one with every change; what an ETag is made of. */
  readonly revision: number
}

/** How a client with a secret may present it. */
export type SecretPresentation = 'client_secret_basic' | 'client_secret_post'

/** How a client may authenticate; `federated` is with a token that its platform gave it. RFC 7591 §2. */
export type TokenEndpointAuthMethod =
  | SecretPresentation
  | 'client_secret_jwt'
  | 'private_key_jwt'
  | 'tls_client_auth'
  | 'self_signed_tls_client_auth'
  | 'federated'

/** How many tokens a client may get, and whether more are refused or only counted. */
export interface Quota {
  readonly tokensPerMinute: number
  readonly mode: 'observe' | 'enforce'
}

/** What lets a client replace its own credentials. */
export interface ManagedRotation {
  /** How long a credential stays usable once it has been replaced, unless it expires sooner. */
  readonly overlapSeconds: number
}

export interface Client {
  readonly clientId: string
  readonly name: string | undefined
  /** Undefined: any but client_secret_jwt, with a credential of its kind. */
  readonly tokenEndpointAuthMethod: TokenEndpointAuthMethod | undefined
  /** At most this long, whatever the API allows. */
  readonly tokenTtlSeconds: number | undefined
  /** What a request without `scope` asks for. Undefined: all that is granted. */
  readonly defaultScope: readonly string[] | undefined
  /** Undefined: no limit of its own. */
  readonly quota: Quota | undefined
  /** Its tokens must be bound by a DPoP proof. RFC 9449 §5.2. */
  readonly dpopBoundAccessTokens: boolean
  /** Its tokens must be bound to its certificate. RFC 8705 §3.4. */
  readonly certificateBoundAccessTokens: boolean
  /** Its assertions may name the token endpoint in place of the issuer as their audience, as older clients do. */
  readonly tokenEndpointAudience: boolean
  /** Undefined: its credentials are replaced by others only. */
  readonly managedRotation: ManagedRotation | undefined
  /** Audiences whose resource server it is: it may introspect their tokens and follow the revocations for them. */
  readonly serves: readonly string[]
  readonly disabled: boolean
  readonly createdAt: number
  readonly updatedAt: number
  readonly revision: number
}

/** What a client proves who it is with. Any number may live at once, so that rotation has no gap. */
export type Credential = SecretCredential | KeyCredential | CertificateCredential | FederatedCredential

export interface SecretCredential extends CredentialFacts {
  readonly kind: 'secret'
  /** HMAC-SHA-256 of the secret under the pepper: 32 bytes. */
  readonly secretDigest: Uint8Array
  /** The secret itself, sealed: only where the client is registered for client_secret_jwt, which needs it. */
  readonly sealedSecret: Uint8Array | undefined
}

/** A public key of a client, or where it publishes its keys. RFC 7591 §2. */
export interface KeyCredential extends CredentialFacts {
  readonly kind: 'key'
  readonly key: ClientKey
}

/** `jwk`: JSON of one public JWK. */
export type ClientKey = { readonly jwk: string } | { readonly jwksUri: string }

/** What a client's certificate has to have. RFC 8705 §2.1.2, §2.2. */
export interface CertificateCredential extends CredentialFacts {
  readonly kind: 'certificate'
  readonly certificate: CertificateMatch
}

export interface CertificateMatch {
  /** public_key: the base64url SHA-256 of its SubjectPublicKeyInfo, for a self-signed one. The others need a trusted chain. */
  readonly by: 'subject_dn' | 'san_dns' | 'san_uri' | 'san_ip' | 'san_email' | 'public_key'
  readonly value: string
}

/** The tokens of a platform that stand for a client. RFC 7523 §3. */
export interface FederatedCredential extends CredentialFacts {
  readonly kind: 'federated'
  readonly federation: Federation
}

export interface Federation {
  readonly platform: 'kubernetes' | 'github' | 'gitlab' | 'google' | 'aws' | 'azure' | 'spiffe' | 'oidc'
  /** `iss` of the platform's tokens; of SPIFFE the trust domain, `spiffe://…`. */
  readonly issuer: string
  readonly subject: ClaimCondition
  /** What `aud` must be. */
  readonly audience: string
  readonly claims: readonly ClaimCondition[]
  /** Where the platform's keys are. Undefined: its metadata says so. `jwks`: JSON of a JWK set. */
  readonly keys: { readonly jwks: string } | { readonly jwksUri: string } | undefined
}

/** What a claim must be: one of these values, or begin with one of them. Never a pattern that somebody wrote. */
export interface ClaimCondition {
  readonly claim: string
  readonly match: 'exact' | 'prefix'
  readonly values: readonly string[]
}

/** What all credentials have. */
export interface CredentialFacts {
  readonly credentialId: string
  readonly clientId: string
  readonly label: string | undefined
  readonly createdAt: number
  readonly expiresAt: number | undefined
  readonly revokedAt: number | undefined
  readonly lastUsedAt: number | undefined
  /** The address it was last used from. */
  readonly lastUsedFrom: string | undefined
  /** What the client that used it last calls itself. RFC 9110 §10.1.5. */
  readonly lastUsedUserAgent: string | undefined
  /** How long it was made to live, which stays when its expiry is brought forward. Undefined: for ever. */
  readonly lifetimeSeconds: number | undefined
  /** The credential that its client replaced with this one, by managed rotation. */
  readonly replaces: string | undefined
}

/** What a client may ask for at one API. At most one per client and API. */
export interface Grant {
  readonly clientId: string
  readonly audience: string
  readonly scopes: readonly string[]
  readonly createdAt: number
  readonly updatedAt: number
}

/** All that a token request needs to know of a client, read in one go. */
export interface ClientRecord {
  readonly client: Client
  /** Without revoked ones. Expired ones may be among them. */
  readonly credentials: readonly Credential[]
  readonly grants: readonly Grant[]
}

/** published: in the key set, signs nothing yet. active: signs. retired: verifies what it signed. */
export type SigningKeyStatus = 'published' | 'active' | 'retired'

export interface SigningKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly status: SigningKeyStatus
  /** JSON of the public JWK, as it is published. */
  readonly publicJwk: string
  /** The PKCS #8 private key, sealed under the key-encryption key. Empty once retired: verifying needs none. */
  readonly sealedPrivateKey: Uint8Array
  readonly createdAt: number
  /** From when on a published key may become the active one. */
  readonly activateAt: number | undefined
  readonly activatedAt: number | undefined
  readonly retiredAt: number | undefined
  /** From when on a retired key may leave the set: the last token under it has expired. */
  readonly removeAt: number | undefined
}

/** A secret key of the server itself (a pepper, a MAC key), sealed under the key-encryption key. */
export interface SealedKey {
  readonly purpose: string
  readonly sealed: Uint8Array
  readonly createdAt: number
}

/** One committed change to what token requests depend on. */
export interface Change {
  /** Grows with every commit, without gaps that fill up later: a reader that has seen n has seen all up to n. */
  readonly version: number
  readonly subject: 'api' | 'client' | 'signing_key' | 'revocation'
  /** The audience, client id or key id that changed; of a revocation what it denies, its version being the change's. */
  readonly key: string
}

/** Denies one token. RFC 7519 §4.1.7. */
export interface TokenRevocation {
  readonly kind: 'token'
  readonly issuer: string
  readonly jti: string
  /** The token's exp. */
  readonly expiresAt: number
  /** Undefined where they are not known. */
  readonly clientId: string | undefined
  readonly audience: string | undefined
  readonly createdAt: number
  /** From then on no token that it denies is alive anywhere, and it may go. */
  readonly neededUntil: number
}

/** Denies every token that was issued before a time and is of all that are named: client, credential, audience. */
export interface TokenCutoff {
  readonly kind: 'cutoff'
  readonly issuer: string
  readonly clientId: string | undefined
  readonly credentialId: string | undefined
  readonly audience: string | undefined
  readonly issuedBefore: number
  readonly createdAt: number
  readonly neededUntil: number
}

export type NewRevocation = TokenRevocation | TokenCutoff

/** A stored one. Its version is that of its change, and so grows with every one and has no gap that fills up later. */
export type Revocation = NewRevocation & { readonly version: number }

/** When, from where and by what a credential was last used. */
export interface CredentialUse {
  readonly credentialId: string
  readonly usedAt: number
  readonly usedFrom: string
  readonly userAgent: string | undefined
}
