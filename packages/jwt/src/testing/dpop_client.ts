/** A client for tests that proves possession of its key, as rightly or as wrongly as a test wants it. RFC 9449 §4.2. */
import { createHash, randomUUID } from 'node:crypto'
import { createSigner, generateSigningKeyPair, jwkThumbprint, publicJwk, type SignatureAlgorithm } from '../index.ts'
import { encode } from './test_issuer.ts'

export const createDpopClient = async (algorithm: SignatureAlgorithm = 'ES256') => {
  const { privateKey, publicKey } = await generateSigningKeyPair(algorithm)
  const signer = createSigner({ privateKey, algorithm, kid: 'unused' })
  const { use, alg, kid, ...jwk } = publicJwk(publicKey, { algorithm, kid: 'unused' })
  const signText = (headerText: string, payloadText: string): string => {
    const input = `${encode(headerText)}.${encode(payloadText)}`
    return `${input}.${signer.sign(input).toString('base64url')}`
  }
  const header = { typ: 'dpop+jwt', alg: algorithm, jwk }
  return {
    jwk,
    privateJwk: privateKey.export({ format: 'jwk' }),
    jkt: jwkThumbprint(jwk) ?? '',
    header,
    signText,
    /** A proof that has the members given and, unless they say otherwise, a jti of its own. */
    prove: (claims: object, wrongHeader: object = {}): string =>
      signText(JSON.stringify({ ...header, ...wrongHeader }), JSON.stringify({ jti: randomUUID(), ...claims })),
  }
}

/** `ath` of a token. */
export const tokenHash = (accessToken: string): string => createHash('sha256').update(accessToken).digest('base64url')
