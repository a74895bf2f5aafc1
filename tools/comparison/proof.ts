/** DPoP proofs, as right or as wrong as a case wants them. RFC 9449 §4.2. */
import { createHash, type JsonWebKey, randomUUID, sign } from 'node:crypto'
import { generateSigningKeyPair, type SignatureAlgorithm } from '@credence/jwt'
import { calculateJwkThumbprint, type JWK } from 'jose'

export interface ProofOptions {
  /** What is wrong in the header; undefined leaves a member out. */
  readonly header?: object
  /** What is wrong in the claims. */
  readonly claims?: object
  /** Signs it in place of the key in its header. */
  readonly signedBy?: ProofKey
}

export type ProofKey = Awaited<ReturnType<typeof createProofKey>>

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export const accessTokenHash = (token: string): string => createHash('sha256').update(token).digest('base64url')

export const createProofKey = async (alg: SignatureAlgorithm = 'ES256') => {
  const { privateKey, publicKey } = await generateSigningKeyPair(alg)
  const jwk = publicKey.export({ format: 'jwk' })
  const signText = (input: string): string => {
    const digest = alg === 'EdDSA' ? null : 'sha256'
    return sign(digest, Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  }
  return {
    jwk,
    privateJwk: (): JsonWebKey => privateKey.export({ format: 'jwk' }),
    thumbprint: await calculateJwkThumbprint(jwk as JWK),
    signText,
    /** A proof for one request with one token. */
    prove: ({ token, method, url }: ProvenRequest, wrong: ProofOptions = {}): string => {
      const iat = Math.floor(Date.now() / 1000)
      const right = { jti: randomUUID(), htm: method, htu: url, iat, ath: accessTokenHash(token) }
      const input = `${encode({ typ: 'dpop+jwt', alg, jwk, ...wrong.header })}.${encode({ ...right, ...wrong.claims })}`
      return `${input}.${(wrong.signedBy?.signText ?? signText)(input)}`
    },
  }
}

interface ProvenRequest {
  readonly token: string
  readonly method: string
  readonly url: string
}
