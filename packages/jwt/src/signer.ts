/** Making keys and signing with them. RFC 7515 §5.1. */
import { generateKeyPair, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { algorithms, checkKeyFits, type SignatureAlgorithm } from './algorithms.ts'
import { derToRaw } from './ecdsa_signature.ts'
import { JwtError } from './jwt_error.ts'

export interface SigningKeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** Whatever can sign: a key in this process, or one that a key management service holds. */
export interface Signer {
  readonly kid: string
  readonly algorithm: SignatureAlgorithm
  /** Signs the ASCII of a JWS signing input. The signature is in the form a JWS carries (ES256: r‖s). */
  sign(signingInput: string): Buffer | Promise<Buffer>
}

/** A signer whose key is in this process, so that it answers at once. */
export interface LocalSigner extends Signer {
  sign(signingInput: string): Buffer
}

export interface LocalSignerOptions {
  readonly privateKey: KeyObject
  readonly algorithm: SignatureAlgorithm
  readonly kid: string
}

const generate = promisify(generateKeyPair)
const rsaBits = 2048

/** Makes a fresh key pair. RSA keys have 2048 bits. */
export const generateSigningKeyPair = async (algorithm: SignatureAlgorithm): Promise<SigningKeyPair> => {
  switch (algorithms[algorithm].keyType) {
    case 'ec':
      return await generate('ec', { namedCurve: 'P-256' })
    case 'rsa':
      return await generate('rsa', { modulusLength: rsaBits })
    case 'ed25519':
      return await generate('ed25519')
  }
}

/**
 * A signer over a private key in this process.
 *
 * @throws {JwtError} `unsuitable_key` when the key is not a private one, or not one for the algorithm.
 */
export const createSigner = ({ privateKey, algorithm, kid }: LocalSignerOptions): LocalSigner => {
  const descriptor = algorithms[algorithm]
  if (privateKey.type !== 'private') throw new JwtError('unsuitable_key', 'signing needs a private key')
  checkKeyFits(privateKey, descriptor)
  const { digest } = descriptor
  const key = descriptor.padding === undefined ? privateKey : { key: privateKey, ...descriptor.padding }
  const signBytes = (signingInput: string): Buffer => sign(digest, Buffer.from(signingInput, 'latin1'), key)
  return {
    kid,
    algorithm,
    sign: algorithm === 'ES256' ? (signingInput) => derToRaw(signBytes(signingInput)) : signBytes,
  }
}
