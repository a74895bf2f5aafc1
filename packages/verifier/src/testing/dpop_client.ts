/** A client for tests that proves possession of its key, as rightly or as wrongly as a test wants it. RFC 9449 §4.2. */
import { createHash, randomUUID } from 'node:crypto'
import { createSigner, generateSigningKeyPair, jwkThumbprint, publicJwk } from '@credence/jwt'
import { now, resource } from './test_issuer.ts'

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export const createDpopClient = async () => {
  const { privateKey, publicKey } = await generateSigningKeyPair('ES256')
  const signer = createSigner({ privateKey, algorithm: 'ES256', kid: 'unused' })
  const { use, alg, kid, ...jwk } = publicJwk(publicKey, { algorithm: 'ES256', kid: 'unused' })
  /** A proof for GET /orders with this token that is right but for the members given. */
  const prove = (token: string, wrongClaims: object = {}, wrongHeader: object = {}): string => {
    const ath = createHash('sha256').update(token).digest('base64url')
    const claims = { jti: randomUUID(), htm: 'GET', htu: `${resource}/orders`, iat: now, ath, ...wrongClaims }
    const input = `${encode({ typ: 'dpop+jwt', alg: 'ES256', jwk, ...wrongHeader })}.${encode(claims)}`
    return `${input}.${signer.sign(input).toString('base64url')}`
  }
  return {
    jwk,
    jkt: jwkThumbprint(jwk) ?? '',
    prove,
    /** A request with a token and a proof. */
    request: (token: string, proof = prove(token)) => ({
      method: 'GET',
      url: '/orders',
      headers: { authorization: `DPoP ${token}`, dpop: proof },
    }),
  }
}

export type DpopClient = Awaited<ReturnType<typeof createDpopClient>>
