/** Signed introspection answers: that the issuer said this, to this resource server, just now. RFC 9701 §5 and §6. */
import { decodeCompactJws, type JsonObject, type KeySet, maxTokenLength, type SignatureAlgorithm } from '@credence/jwt'

export const signedAnswerMediaType = 'application/token-introspection+jwt'
const signedAnswerType = 'token-introspection+jwt'
/** An answer is made for a call and arrives within its time limit; one that is older was kept. */
const maxAgeSeconds = 60

export interface SignedAnswerExpectations {
  readonly issuer: string
  readonly clientId: string
  readonly keys: KeySet
  readonly algorithms: readonly SignatureAlgorithm[]
  /** Epoch seconds. */
  readonly now: number
  readonly clockToleranceSeconds: number
}

/**
 * Verifies a signed answer and takes out what it says of the token.
 *
 * @throws {Error} saying what is wrong with the answer, which says nothing about the token.
 */
export const openSignedAnswer = async (body: Buffer, expected: SignedAnswerExpectations): Promise<JsonObject> => {
  if (body.length > maxTokenLength) throw new Error('the signed answer is too long')
  const { header, claims, signingInput, signature } = decodeCompactJws(body.toString('latin1'))
  // §8.1: the type is what keeps this apart from an access token, and an access token from this
  if (header.typ !== signedAnswerType) throw new Error(`the answer must have typ ${signedAnswerType}`)
  if (!expected.algorithms.includes(header.algorithm.name)) {
    throw new Error(`the answer is signed with ${header.algorithm.name}, which is not accepted from this issuer`)
  }
  const key = await expected.keys.find(header.kid, header.algorithm)
  if (key.algorithm !== header.algorithm || !key.verify(signingInput, signature)) {
    throw new Error('the signature of the answer does not verify')
  }
  return checkAnswerClaims(claims, expected)
}

const checkAnswerClaims = (claims: JsonObject, expected: SignedAnswerExpectations): JsonObject => {
  const { iss, aud, iat, token_introspection: introspection } = claims
  const { now, clockToleranceSeconds: tolerance } = expected
  if (iss !== expected.issuer) throw new Error('the answer is signed for another issuer')
  // "aud MUST identify the resource server receiving the token introspection response"
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (!audiences.includes(expected.clientId)) throw new Error('the answer is for another resource server')
  if (typeof iat !== 'number') throw new Error('the answer must have iat')
  if (iat > now + tolerance || iat < now - maxAgeSeconds - tolerance)
    throw new Error('the answer was not made just now')
  if (typeof introspection !== 'object' || introspection === null || Array.isArray(introspection)) {
    throw new Error('the answer must have token_introspection, an object')
  }
  return introspection as JsonObject
}
