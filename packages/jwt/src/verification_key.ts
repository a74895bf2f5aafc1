/** A public key from a key set, imported strictly and good for exactly one algorithm. RFC 7517 §4, RFC 8725 §3.1. */
import { createPublicKey, createVerify, type KeyObject, verify } from 'node:crypto'
import {
  type AlgorithmDescriptor,
  algorithms,
  checkKeyFits,
  resolveAlgorithm,
  type SignatureAlgorithm,
} from './algorithms.ts'
import { decodeBase64url } from './base64url.ts'
import { rawToDer } from './ecdsa_signature.ts'
import { isLowOrderPoint, isRocaModulus } from './forgeable_key.ts'
import { JwtError, quoteForMessage } from './jwt_error.ts'
import type { JsonObject } from './strict_json.ts'

export interface VerificationKey {
  readonly kid: string | undefined
  readonly algorithm: AlgorithmDescriptor
  /** Whether the signature is this key's. Any bytes may be given. */
  verify(signingInput: string, signature: Buffer): boolean
}

/** Members that only a private or a symmetric key has. RFC 7518 §6.2.2, §6.3.2, §6.4.1. */
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/**
 * Imports a public JWK for verifying.
 *
 * A key without `alg` serves the first of `allowed` that its type fits; an RSA key serves RS256 before PS256.
 *
 * @throws {JwtError} `unsuitable_key` when it is private or symmetric, for another use, of an algorithm that is not
 *   allowed or does not fit its type, too short, malformed, or one that anybody can sign for.
 */
export const importVerificationKey = (jwk: JsonObject, allowed: readonly SignatureAlgorithm[]): VerificationKey => {
  const { kid, use, key_ops: operations } = jwk
  if (kid !== undefined && typeof kid !== 'string') throw unsuitable('kid must be a string')
  if (secretMembers.some((member) => member in jwk)) throw unsuitable('it has private members')
  if (use !== undefined && use !== 'sig') throw unsuitable(`its use is ${quoteForMessage(use)}`)
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    throw unsuitable('its key_ops do not include verify')
  }
  const algorithm = algorithmOf(jwk, allowed)
  const key = importKey(jwk, algorithm)
  checkKeyFits(key, algorithm)
  checkNotForgeable(jwk, algorithm)
  return { kid, algorithm, verify: createVerification(key, algorithm) }
}

const algorithmOf = (jwk: JsonObject, allowed: readonly SignatureAlgorithm[]): AlgorithmDescriptor => {
  const fits = ({ kty, crv }: AlgorithmDescriptor) => jwk.kty === kty && jwk.crv === crv
  if (jwk.alg !== undefined) {
    const named = resolveAlgorithm(jwk.alg)
    if (named === undefined || !allowed.includes(named.name)) throw unsuitable(`alg is ${quoteForMessage(jwk.alg)}`)
    if (!fits(named)) throw unsuitable('alg does not fit kty and crv')
    return named
  }
  const implied = (['ES256', 'EdDSA', 'RS256', 'PS256'] as const).find(
    (name) => allowed.includes(name) && fits(algorithms[name]),
  )
  if (implied === undefined) throw unsuitable(`kty is ${quoteForMessage(jwk.kty)}, for which no algorithm is allowed`)
  return algorithms[implied]
}

const coordinateLength = 32

const importKey = (jwk: JsonObject, { kty, crv }: AlgorithmDescriptor): KeyObject => {
  switch (kty) {
    case 'EC':
      return fromJwk({ kty, crv, x: coordinate(jwk, 'x'), y: coordinate(jwk, 'y') })
    case 'OKP':
      return fromJwk({ kty, crv, x: coordinate(jwk, 'x') })
    case 'RSA':
      return fromJwk({ kty, n: encoded(jwk, 'n'), e: encoded(jwk, 'e') })
  }
}

/** To be called for a key that fits, so that what is read here is all there. */
const checkNotForgeable = (jwk: JsonObject, { kty }: AlgorithmDescriptor): void => {
  if (kty === 'RSA' && isRocaModulus(decodeBase64url(encoded(jwk, 'n')))) {
    throw unsuitable('its modulus can be factored (ROCA)')
  }
  if (kty === 'OKP' && isLowOrderPoint(decodeBase64url(encoded(jwk, 'x')))) {
    throw unsuitable('it is a point of low order')
  }
}

const fromJwk = (key: Record<string, string | undefined>): KeyObject => {
  try {
    return createPublicKey({ key, format: 'jwk' })
  } catch (cause) {
    throw unsuitable('it is not a key', cause)
  }
}

/** "The length of this octet string MUST be the full size of a coordinate" (RFC 7518 §6.2.1.2). */
const coordinate = (jwk: JsonObject, member: string): string => {
  const text = encoded(jwk, member)
  if (decodeBase64url(text).length !== coordinateLength) throw unsuitable(`${member} must be ${coordinateLength} bytes`)
  return text
}

const encoded = (jwk: JsonObject, member: string): string => {
  const text = jwk[member]
  if (typeof text !== 'string' || text === '') throw unsuitable(`${member} is missing`)
  try {
    decodeBase64url(text)
  } catch (cause) {
    throw unsuitable(`${member} is not canonical base64url`, cause)
  }
  return text
}

const createVerification = (publicKey: KeyObject, algorithm: AlgorithmDescriptor): VerificationKey['verify'] => {
  const { digest, padding, signatureLength } = algorithm
  if (digest === null) {
    return (signingInput, signature) => verify(null, Buffer.from(signingInput, 'latin1'), publicKey, signature)
  }
  // as members of the key: in Node 24 an object around it is found out to be no key by an error that is caught, for 14 µs
  const key = Object.assign(publicKey, padding)
  // createVerify takes the string as it is, and so is a little faster than the one-shot verify
  const verifyDigest = (signingInput: string, signature: Buffer): boolean =>
    createVerify(digest).update(signingInput, 'latin1').verify(key, signature)
  if (algorithm.name !== 'ES256') return verifyDigest
  return (signingInput, signature) =>
    signature.length === signatureLength && verifyDigest(signingInput, rawToDer(signature))
}

const unsuitable = (why: string, cause?: unknown) =>
  new JwtError('unsuitable_key', `a key is refused: ${why}`, { cause })
