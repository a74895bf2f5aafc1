/** The clients that a test authorization server knows. RFC 7591 §2. */
import { createPublicKey, type JsonWebKey, KeyObject } from 'node:crypto'
import { type Randomness, randomBase62 } from '@credence/protocol'

export interface ClientOptions {
  /** Default: one that looks as the provider's. */
  readonly clientId?: string | undefined
  /** Default: one that is made from the seed. */
  readonly clientSecret?: string | undefined
  /** Epoch seconds by the server's clock, from when on the secret is refused as expired. Default: never. */
  readonly secretExpiresAt?: number | undefined
  /** What it is granted. Default: any scope, and the skin's usual one when it asks for none. */
  readonly scope?: readonly string[] | undefined
  /** The APIs it may get tokens for, the first when it names none. Default: any, and the server's `audience`. */
  readonly audience?: string | readonly string[] | undefined
  /** Its public key for private_key_jwt: PEM, JWK or KeyObject (EC P-256, RSA or Ed25519). */
  readonly publicKey?: string | JsonWebKey | KeyObject | undefined
  /** Seconds. Default: as the provider has it. */
  readonly tokenTtlSeconds?: number | undefined
  /** Members of every token of this client beside, or in place of, those of the skin. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
}

/** What a test hands to the client under test. */
export interface TestClient {
  readonly clientId: string
  readonly clientSecret: string
}

export interface RegisteredClient extends TestClient {
  readonly credentialId: string
  readonly secretExpiresAt: number | undefined
  /** Undefined: any. */
  readonly scope: readonly string[] | undefined
  /** Undefined: any. */
  readonly audiences: readonly string[] | undefined
  /** Its key set, for assertions. */
  readonly keys: { readonly keys: readonly object[] } | undefined
  readonly tokenTtlSeconds: number | undefined
  readonly claims: Readonly<Record<string, unknown>>
}

export interface ClientRegistry {
  readonly find: (clientId: string) => RegisteredClient | undefined
  /** @throws {RangeError} when there are too many */
  readonly add: (client: RegisteredClient) => void
}

const maxClients = 10_000

export const createClientRegistry = (): ClientRegistry => {
  const clients = new Map<string, RegisteredClient>()
  return {
    find: (clientId) => clients.get(clientId),
    add: (client) => {
      if (clients.size >= maxClients) throw new RangeError(`at most ${maxClients} clients`)
      clients.set(client.clientId, client)
    },
  }
}

/** Fills in what a test leaves out, from the seed. */
export const createRegisteredClient = (
  options: ClientOptions,
  clientId: string,
  randomness: Randomness,
): RegisteredClient => {
  const random = Array.from(randomness.bytes(26), (byte) => (byte & 31).toString(32)).join('')
  const credentialId = `cred_${random}`
  const { audience, publicKey } = options
  return {
    clientId,
    clientSecret: options.clientSecret ?? `${credentialId}_${randomBase62(43, randomness)}`,
    credentialId,
    secretExpiresAt: options.secretExpiresAt,
    scope: options.scope,
    audiences: typeof audience === 'string' ? [audience] : audience,
    keys: publicKey === undefined ? undefined : { keys: [toJwk(publicKey)] },
    tokenTtlSeconds: options.tokenTtlSeconds,
    claims: options.claims ?? {},
  }
}

/** Without alg, since an assertion of an RSA key may be RS256 or PS256, and without kid, which then need not be known. */
const toJwk = (publicKey: string | JsonWebKey | KeyObject): object => {
  const { kty, crv, x, y, n, e } = toKeyObject(publicKey).export({ format: 'jwk' })
  return Object.fromEntries(Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined))
}

const toKeyObject = (publicKey: string | JsonWebKey | KeyObject): KeyObject => {
  if (publicKey instanceof KeyObject) return publicKey
  return typeof publicKey === 'string' ? createPublicKey(publicKey) : createPublicKey({ key: publicKey, format: 'jwk' })
}
