/** Public keys as JSON, and the name a key has by its own content. RFC 7517, RFC 7638. */
import type { KeyObject } from 'node:crypto'
import { algorithms, checkKeyFits, type SignatureAlgorithm } from './algorithms.ts'
import { jwkThumbprint } from './jwk_thumbprint.ts'
import { JwtError } from './jwt_error.ts'

/** A public signing key as a key set publishes it. Wire names. */
export type PublicJwk = {
  readonly use: 'sig'
  readonly alg: SignatureAlgorithm
  readonly kid: string
} & (
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string }
)

/** RFC 7517 §5. */
export interface JsonWebKeySet {
  readonly keys: readonly PublicJwk[]
}

/**
 * The JWK under which a public key is published. Holds no private member even when given a private key.
 *
 * @throws {JwtError} `unsuitable_key` when the key is not one for the algorithm.
 */
export const publicJwk = (
  publicKey: KeyObject,
  { algorithm, kid }: { readonly algorithm: SignatureAlgorithm; readonly kid: string },
): PublicJwk => {
  const descriptor = algorithms[algorithm]
  checkKeyFits(publicKey, descriptor)
  const { x = '', y = '', n = '', e = '' } = publicKey.export({ format: 'jwk' })
  const shared = { use: 'sig', alg: algorithm, kid } as const
  switch (descriptor.kty) {
    case 'EC':
      return { kty: 'EC', crv: 'P-256', x, y, ...shared }
    case 'RSA':
      return { kty: 'RSA', n, e, ...shared }
    case 'OKP':
      return { kty: 'OKP', crv: 'Ed25519', x, ...shared }
  }
}

/**
 * The SHA-256 thumbprint of a public key, base64url: a key id that nobody has to choose.
 *
 * @throws {JwtError} `unsuitable_key` when the key is of a type that no algorithm here uses.
 * @see RFC 7638 §3
 */
export const keyThumbprint = (publicKey: KeyObject): string => {
  const thumbprint = jwkThumbprint({ ...publicKey.export({ format: 'jwk' }) })
  if (thumbprint === undefined) throw new JwtError('unsuitable_key', 'the key is of a type that no algorithm uses')
  return thumbprint
}
