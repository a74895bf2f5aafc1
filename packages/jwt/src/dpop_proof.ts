/** Checking a DPoP proof: that whoever sent a request has the private key it names. RFC 9449 §4.3. */
import { hash } from 'node:crypto'
import type { Clock } from '@credence/protocol'
import { type SignatureAlgorithm, signatureAlgorithms } from './algorithms.ts'
import { decodeBase64url } from './base64url.ts'
import { parseHeader, takeApart } from './compact_jws.ts'
import { type DpopErrorCode, DpopProofError } from './dpop_error.ts'
import type { DpopNonces } from './dpop_nonce.ts'
import { createProofKeyCache, type ProofKey } from './dpop_proof_keys.ts'
import { jwkThumbprint } from './jwk_thumbprint.ts'
import { JwtError, type JwtErrorCode } from './jwt_error.ts'
import { replayKey } from './replay.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from './strict_json.ts'
import { isSameTarget } from './target_uri.ts'
import { importVerificationKey } from './verification_key.ts'

/** `typ` of a proof. RFC 9449 §4.2. */
export const dpopProofType = 'dpop+jwt'

/** A proof with more characters is refused before it is decoded: an RSA key of 4096 bits and a long URI have room. */
export const maxDpopProofLength = 8192

export interface DpopProofOptions {
  readonly clock: Clock
  /** What a proof may be signed with. All that Credence knows, unless given. */
  readonly algorithms?: readonly SignatureAlgorithm[]
  /** How long after its `iat` a proof is accepted, 5 to 600. 60 unless given. */
  readonly maxAgeSeconds?: number
  /** How far ahead the client's clock may be, 0 to 60. 10 unless given. */
  readonly clockToleranceSeconds?: number
  /** Given, every proof must have a nonce of these. */
  readonly nonces?: DpopNonces | undefined
}

/** What a proof must be for. */
export interface ProvedRequest {
  readonly method: string
  /** Absolute, and of the server's own making: nothing in it may come from Host or X-Forwarded-*. */
  readonly targetUri: string
  /** At a resource: the token that the proof comes with, and the thumbprint of the key it is bound to. */
  readonly token?: { readonly accessToken: string; readonly jkt: string }
}

/** A proof that holds. */
export interface DpopProof {
  /** The thumbprint of its key. */
  readonly jkt: string
  /** What must be claimed from a replay store, last of all checks, for the proof to be good once. */
  readonly claim: { readonly key: string; readonly expiresAtEpochSeconds: number }
}

/**
 * Checks the DPoP headers of a request.
 *
 * Does not check: that the proof is new. Its `claim` must be claimed from a replay store, after every other check.
 *
 * @param proofs every value of the DPoP header
 * @throws {DpopProofError} with the code of the first thing that is wrong.
 * @see RFC 9449 §4.3
 */
export type VerifyDpopProof = (proofs: readonly string[], request: ProvedRequest) => DpopProof

/**
 * Creates the check of DPoP proofs, which holds nothing but the keys of recent ones.
 *
 * @throws {TypeError} or {RangeError} when an option is not usable.
 */
export const createDpopProofVerifier = (options: DpopProofOptions): VerifyDpopProof => {
  const { clock, algorithms = signatureAlgorithms, maxAgeSeconds = 60, clockToleranceSeconds = 10, nonces } = options
  checkOptions({ algorithms, maxAgeSeconds, clockToleranceSeconds })
  const keys = createProofKeyCache()

  return (proofs, { method, targetUri, token }) => {
    const { header, claims, signingInput, signature } = takeProofApart(onlyProof(proofs))
    const known = keys.get(header)
    const { key, jkt } = known ?? readKey(header, algorithms, token?.jkt)
    // "the public key to which the access token is bound matches the public key from the DPoP proof"
    if (token !== undefined && jkt !== token.jkt) throw wrongKey()
    if (!key.verify(signingInput, signature)) throw fault('dpop_proof_signature', 'the signature does not verify')
    if (known === undefined) keys.set(header, { key, jkt })
    const { jti, iat } = checkClaims(claims, { method, targetUri })
    checkTimes(claims, iat, { now: clock.epochSeconds(), maxAgeSeconds, clockToleranceSeconds })
    if (token !== undefined) checkTokenHash(claims, token.accessToken)
    if (nonces !== undefined) checkNonce(claims, nonces)
    // one second more than it can be accepted
    const expiresAtEpochSeconds = Math.ceil(iat) + maxAgeSeconds + 1
    return { jkt, claim: { key: replayKey(jkt, jti), expiresAtEpochSeconds } }
  }
}

/** "There is not more than one DPoP HTTP request header field." */
const onlyProof = ([proof, second]: readonly string[]): string => {
  if (proof === undefined) throw fault('dpop_proof_missing', 'a DPoP proof is required')
  // two headers may come as one value, and no proof has a comma
  if (second !== undefined || proof.includes(',')) throw fault('dpop_proof_repeated', 'more than one DPoP proof')
  return proof
}

/** "The DPoP HTTP request header field value is a single and well-formed JWT." */
const takeProofApart = (proof: string) => {
  if (proof.length > maxDpopProofLength) {
    throw fault('dpop_proof_malformed', `a DPoP proof has at most ${maxDpopProofLength} characters`)
  }
  return translated(() => takeApart(proof, (encodedHeader) => encodedHeader))
}

const readKey = (
  encodedHeader: string,
  allowed: readonly SignatureAlgorithm[],
  expectedThumbprint: string | undefined,
): ProofKey =>
  translated(() => {
    const members = parseJsonObject(decodeBase64url(encodedHeader))
    const { algorithm, typ } = parseHeader(members)
    // "The typ JOSE Header Parameter has the value "dpop+jwt"."
    if (typ !== dpopProofType) throw fault('dpop_proof_type', `typ must be ${dpopProofType}`)
    // "an asymmetric digital signature algorithm [...], is not none, is supported by the application, and is acceptable
    // per local policy"
    if (!allowed.includes(algorithm.name)) {
      throw fault('dpop_proof_algorithm', `${algorithm.name} is not accepted for DPoP proofs`)
    }
    const { jwk } = members
    const jkt = isJsonObject(jwk) ? jwkThumbprint(jwk) : undefined
    if (!isJsonObject(jwk) || jkt === undefined) throw fault('dpop_proof_key', 'jwk must be a public key')
    // before it is imported, which costs as much as the signature
    if (expectedThumbprint !== undefined && jkt !== expectedThumbprint) throw wrongKey()
    // "The jwk JOSE Header Parameter does not contain a private key." Refused by the import.
    return { key: importVerificationKey(jwk, [algorithm.name]), jkt }
  })

/** "All required claims per Section 4.2 are contained in the JWT", and are those of this request. */
const checkClaims = ({ jti, htm, htu, iat }: JsonObject, { method, targetUri }: ProvedRequest) => {
  if (typeof jti !== 'string' || jti === '') throw fault('dpop_proof_claims', 'jti must be a string')
  if (typeof htm !== 'string') throw fault('dpop_proof_claims', 'htm must be a string')
  if (typeof htu !== 'string') throw fault('dpop_proof_claims', 'htu must be a string')
  if (typeof iat !== 'number') throw fault('dpop_proof_claims', 'iat must be a number')
  // "The htm claim matches the HTTP method of the current request." Methods are case-sensitive (RFC 9110 §9.1).
  if (htm !== method) throw fault('dpop_proof_method', 'htm is not the method of the request')
  // "The htu claim matches the HTTP URI value [...], ignoring any query and fragment parts."
  if (!isSameTarget(htu, targetUri)) throw fault('dpop_proof_uri', 'htu is not the URI of the request')
  return { jti, iat }
}

interface TimeLimits {
  readonly now: number
  readonly maxAgeSeconds: number
  readonly clockToleranceSeconds: number
}

/** "The creation time of the JWT [...] is within an acceptable window". exp and nbf need not be there, and count if they are. */
const checkTimes = ({ exp, nbf }: JsonObject, iat: number, limits: TimeLimits): void => {
  const { now, maxAgeSeconds, clockToleranceSeconds } = limits
  for (const time of [exp, nbf]) {
    if (time !== undefined && typeof time !== 'number') throw fault('dpop_proof_claims', 'exp and nbf must be numbers')
  }
  if (iat > now + clockToleranceSeconds) throw fault('dpop_proof_time', 'iat is in the future')
  if (iat < now - maxAgeSeconds) throw fault('dpop_proof_time', `iat is more than ${maxAgeSeconds} seconds ago`)
  if (typeof exp === 'number' && now >= exp + clockToleranceSeconds) throw fault('dpop_proof_time', 'exp has passed')
  if (typeof nbf === 'number' && nbf > now + clockToleranceSeconds)
    throw fault('dpop_proof_time', 'nbf is in the future')
}

/** "The value of the ath claim equals the hash of that access token." */
const checkTokenHash = ({ ath }: JsonObject, accessToken: string): void => {
  if (ath !== hash('sha256', accessToken, 'base64url')) {
    throw fault('dpop_proof_token', 'ath is not the hash of the access token')
  }
}

/** "If the server provided a nonce value to the client, the nonce claim matches the server-provided nonce value." */
const checkNonce = ({ nonce }: JsonObject, nonces: DpopNonces): void => {
  if (nonce !== undefined && typeof nonce !== 'string') throw fault('dpop_proof_claims', 'nonce must be a string')
  if (nonce === undefined || !nonces.isFresh(nonce)) {
    throw fault('dpop_nonce_required', 'the DPoP proof must have the nonce of the DPoP-Nonce header')
  }
}

interface CheckedOptions {
  readonly algorithms: readonly SignatureAlgorithm[]
  readonly maxAgeSeconds: number
  readonly clockToleranceSeconds: number
}

const checkOptions = ({ algorithms, maxAgeSeconds, clockToleranceSeconds }: CheckedOptions): void => {
  if (algorithms.length === 0 || algorithms.some((name) => !signatureAlgorithms.includes(name))) {
    throw new TypeError(`the algorithms of DPoP proofs must be some of ${signatureAlgorithms.join(', ')}`)
  }
  if (!(maxAgeSeconds >= 5 && maxAgeSeconds <= 600)) {
    throw new RangeError('the age of DPoP proofs must be from 5 to 600 seconds')
  }
  if (!(clockToleranceSeconds >= 0 && clockToleranceSeconds <= 60)) {
    throw new RangeError('the clock tolerance of DPoP proofs must be from 0 to 60 seconds')
  }
}

/** What the steps that a proof shares with any JWS refuse, as a fault of the proof. */
const translated = <T>(step: () => T): T => {
  try {
    return step()
  } catch (error) {
    if (!(error instanceof JwtError)) throw error
    throw new DpopProofError(proofCodes[error.code] ?? 'dpop_proof_malformed', error.message, { cause: error })
  }
}

const proofCodes: Partial<Record<JwtErrorCode, DpopErrorCode>> = {
  unsupported_algorithm: 'dpop_proof_algorithm',
  unsuitable_key: 'dpop_proof_key',
}

const fault = (code: DpopErrorCode, message: string) => new DpopProofError(code, message)

const wrongKey = () => fault('wrong_dpop_key', 'the DPoP proof is not by the key that the token is bound to')
