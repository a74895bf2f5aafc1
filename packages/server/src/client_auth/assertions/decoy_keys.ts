/** Keys of nobody, against which the assertion of an unknown client is verified, so that it takes as long as that of a known one. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { type AlgorithmDescriptor, importVerificationKey, type VerificationKey } from '@credence/jwt'

/** The decoy of an algorithm, made when it is first needed. */
export const createDecoyKeys = (): ((algorithm: AlgorithmDescriptor) => VerificationKey) => {
  const made = new Map<AlgorithmDescriptor, VerificationKey>()
  return (algorithm) => {
    const known = made.get(algorithm) ?? importVerificationKey({ ...publicJwkOf(algorithm) }, [algorithm.name])
    made.set(algorithm, known)
    return known
  }
}

const publicJwkOf = ({ kty }: AlgorithmDescriptor) => {
  switch (kty) {
    case 'EC':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
    case 'OKP':
      return generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
    case 'RSA':
      return { kty, n: someModulus(), e: 'AQAB' }
  }
}

/** Odd, of 2048 bits: whether it is the product of two primes matters to nobody, and finding those takes long. */
const someModulus = (): string => {
  const bytes = randomBytes(256)
  bytes[0] = (bytes[0] ?? 0) | 0x80
  bytes[255] = (bytes[255] ?? 0) | 1
  return bytes.toString('base64url')
}
