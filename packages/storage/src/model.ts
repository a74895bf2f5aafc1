/** What Credence keeps. Times are epoch seconds, lifetimes are seconds, ids are opaque. */

/** A signature algorithm an API can choose for its tokens. */
export type SigningAlgorithm = 'ES256' | 'RS256' | 'PS256' | 'EdDSA'

/** A protected resource: whom a token is for and what it can allow there. */
export interface Api {
  readonly id: string
  /** The `aud` of its tokens and the `resource` of requests for them (RFC 8707). Never changes. */
  readonly audience: string
  readonly scopes: readonly string[]
  readonly tokenTtlSeconds: number
  readonly signingAlgorithm: SigningAlgorithm
  readonly createdAt: number
  readonly updatedAt: number
  /** Grows by one with every change; what an ETag is made of. */
  readonly revision: number
}

/** How a client with a secret may present it. */
export type SecretPresentation = 'client_secret_basic' | 'client_secret_post'

export interface Client {
  readonly clientId: string
  readonly name: string | undefined
  /** Undefined: a secret may be presented either way. */
  readonly tokenEndpointAuthMethod: SecretPresentation | undefined
  /** At most this long, whatever the API allows. */
  readonly tokenTtlSeconds: number | undefined
  /** What a request without `scope` asks for. Undefined: all that is granted. */
  readonly defaultScope: readonly string[] | undefined
  readonly disabled: boolean
  readonly createdAt: number
  readonly updatedAt: number
  readonly revision: number
}

/** A secret of a client. Any number may live at once, so that rotation has no gap. */
export interface Credential {
  readonly credentialId: string
  readonly clientId: string
  readonly kind: 'secret'
  readonly label: string | undefined
  /** HMAC-SHA-256 of the secret under the pepper: 32 bytes. */
  readonly secretDigest: Uint8Array
  readonly createdAt: number
  readonly expiresAt: number | undefined
  readonly revokedAt: number | undefined
  readonly lastUsedAt: number | undefined
  /** The address it was last used from. */
  readonly lastUsedFrom: string | undefined
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
  /** The PKCS #8 private key, sealed under the key-encryption key. */
  readonly sealedPrivateKey: Uint8Array
  readonly createdAt: number
  readonly activatedAt: number | undefined
  readonly retiredAt: number | undefined
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
  readonly subject: 'api' | 'client' | 'signing_key'
  /** The audience, client id or key id that changed. */
  readonly key: string
}

/** When and from where a credential was last used. */
export interface CredentialUse {
  readonly credentialId: string
  readonly usedAt: number
  readonly usedFrom: string
}
