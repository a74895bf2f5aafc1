/** A platform for tests: a key of its own, and tokens with whatever header and claims a test gives them. */
import {
  attachSignature,
  compactSigningInput,
  createSigner,
  generateSigningKeyPair,
  publicJwk,
  type SignatureAlgorithm,
} from '@credence/jwt'

export interface PlatformIssuer {
  readonly kid: string
  /** The public key as most platforms publish it. */
  readonly jwk: Readonly<Record<string, unknown>>
  /** Members that are undefined are left out. */
  readonly sign: (claims: object, header?: object) => string
}

export const createPlatformIssuer = async (
  kid = 'platform-1',
  algorithm: SignatureAlgorithm = 'RS256',
): Promise<PlatformIssuer> => {
  const { privateKey, publicKey } = await generateSigningKeyPair(algorithm)
  const signer = createSigner({ privateKey, algorithm, kid })
  return {
    kid,
    jwk: { ...publicJwk(publicKey, { algorithm, kid }) },
    sign: (claims, header = {}) => {
      const encodedHeader = Buffer.from(JSON.stringify({ alg: algorithm, kid, ...header })).toString('base64url')
      const input = compactSigningInput(encodedHeader, claims)
      return attachSignature(input, signer.sign(input))
    },
  }
}
