/** The signature algorithms, one descriptor each. RFC 7518 §3, RFC 8037 §3.1, RFC 9864 §2.2. */
import { constants, type KeyObject } from 'node:crypto'
import { JwtError } from './jwt_error.ts'

export type SignatureAlgorithm = 'ES256' | 'RS256' | 'PS256' | 'EdDSA'

/** All that tells one algorithm from another. */
export interface AlgorithmDescriptor {
  readonly name: SignatureAlgorithm
  /** JWK key type. */
  readonly kty: 'EC' | 'RSA' | 'OKP'
  /** JWK curve. */
  readonly crv: 'P-256' | 'Ed25519' | undefined
  /** As node:crypto names the key type. */
  readonly keyType: 'ec' | 'rsa' | 'ed25519'
  /** As node:crypto names the curve. */
  readonly namedCurve: 'prime256v1' | undefined
  /** As node:crypto names the digest; null where the algorithm brings its own. */
  readonly digest: 'sha256' | null
  /** Where it is not the key type's default. Even stating the default makes node:crypto half as fast. */
  readonly padding: { readonly padding: number; readonly saltLength?: number } | undefined
  /** Bytes of a signature; undefined where it depends on the key. */
  readonly signatureLength: number | undefined
}

/** "A key of size 2048 bits or larger MUST be used with these algorithms." RFC 7518 §3.3, §3.5. */
export const minRsaBits = 2048

/** A larger modulus only serves to burn the verifier's time, and so does a larger exponent. */
export const maxRsaBits = 8192
const minRsaExponent = 3n
const maxRsaExponent = 0xffff_ffffn

export const algorithms: Readonly<Record<SignatureAlgorithm, AlgorithmDescriptor>> = {
  ES256: {
    name: 'ES256',
    kty: 'EC',
    crv: 'P-256',
    keyType: 'ec',
    namedCurve: 'prime256v1',
    digest: 'sha256',
    padding: undefined,
    signatureLength: 64,
  },
  RS256: {
    name: 'RS256',
    kty: 'RSA',
    crv: undefined,
    keyType: 'rsa',
    namedCurve: undefined,
    digest: 'sha256',
    padding: undefined,
    signatureLength: undefined,
  },
  PS256: {
    name: 'PS256',
    kty: 'RSA',
    crv: undefined,
    keyType: 'rsa',
    namedCurve: undefined,
    digest: 'sha256',
    // "The size of the salt value is the same size as the hash function output." RFC 7518 §3.5
    padding: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
    signatureLength: undefined,
  },
  EdDSA: {
    name: 'EdDSA',
    kty: 'OKP',
    crv: 'Ed25519',
    keyType: 'ed25519',
    namedCurve: undefined,
    digest: null,
    padding: undefined,
    signatureLength: 64,
  },
}

/** Every algorithm, in order of preference. */
export const signatureAlgorithms: readonly SignatureAlgorithm[] = ['ES256', 'EdDSA', 'PS256', 'RS256']

/**
 * The algorithm that an `alg` names, or undefined. `Ed25519` (RFC 9864) is the same algorithm as `EdDSA`, which here is
 * never used with another curve.
 */
export const resolveAlgorithm = (alg: unknown): AlgorithmDescriptor | undefined => {
  switch (alg) {
    case 'ES256':
    case 'RS256':
    case 'PS256':
    case 'EdDSA':
      return algorithms[alg]
    case 'Ed25519':
      return algorithms.EdDSA
    default:
      return undefined
  }
}

/**
 * Checks that a key is one the algorithm can be used with.
 *
 * @throws {JwtError} `unsuitable_key` when it is of another type or curve, or an RSA key outside 2048 to 8192 bits
 *   or with an exponent that makes a signature worthless or slow.
 */
export const checkKeyFits = (key: KeyObject, algorithm: AlgorithmDescriptor): void => {
  const { namedCurve, modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType !== algorithm.keyType || namedCurve !== algorithm.namedCurve) {
    throw new JwtError('unsuitable_key', `the key is not one for ${algorithm.name}`)
  }
  if (algorithm.keyType !== 'rsa') return
  if (modulusLength < minRsaBits || modulusLength > maxRsaBits) {
    throw new JwtError('unsuitable_key', `an RSA key must have ${minRsaBits} to ${maxRsaBits} bits`)
  }
  if (publicExponent < minRsaExponent || publicExponent > maxRsaExponent || publicExponent % 2n === 0n) {
    throw new JwtError('unsuitable_key', 'the exponent of the RSA key is out of range')
  }
}
