/** Writing a JWS in its compact serialisation. RFC 7515 §3.1, §7.1. */
import type { Signer } from './signer.ts'

/** The members of a header that Credence writes. Wire names. */
export interface JwsHeader {
  readonly alg: string
  readonly typ: string
  readonly kid: string
}

/** BASE64URL(UTF8(header)). Made once per key, since the header of an issuer's tokens never differs otherwise. */
export const encodeHeader = (header: JwsHeader): string => encodeJson(header)

/** What is signed: "ASCII(BASE64URL(UTF8(JWS Protected Header)) || '.' || BASE64URL(JWS Payload))". */
export const compactSigningInput = (encodedHeader: string, claims: object): string =>
  `${encodedHeader}.${encodeJson(claims)}`

/**
 * The same of claims that are JSON already.
 *
 * Does not check: that it is JSON.
 */
export const signingInputOf = (encodedHeader: string, json: string): string =>
  `${encodedHeader}.${Buffer.from(json).toString('base64url')}`

/** The finished token. */
export const attachSignature = (signingInput: string, signature: Buffer): string =>
  `${signingInput}.${signature.toString('base64url')}`

/**
 * Signs claims in one go, with a local signer or a remote one.
 *
 * Does not check: that the header names the signer's algorithm and key.
 */
export const signCompact = async (signer: Signer, encodedHeader: string, claims: object): Promise<string> => {
  const signingInput = compactSigningInput(encodedHeader, claims)
  return attachSignature(signingInput, await signer.sign(signingInput))
}

const encodeJson = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
