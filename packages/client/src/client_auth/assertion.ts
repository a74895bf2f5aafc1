/** A signed assertion: a JWS in compact form over claims, by a key or by somebody who holds one. RFC 7515 §3.1, RFC 7521 §4. */
import { TokenError } from '../token_error.ts'
import { parseSigningKey, type SigningAlg, type SigningKeyOptions } from './signing_key.ts'

/** A KMS: gives the signature over the bytes, as JWS has it or, for ES256, as DER. */
export type SignBytes = (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array> | Uint8Array

export interface RemoteKeyOptions {
  readonly sign: SignBytes
  readonly alg: SigningAlg
  readonly kid?: string | undefined
}

export type AssertionKey = SigningKeyOptions | RemoteKeyOptions

export interface Signer {
  readonly alg: SigningAlg
  readonly kid: string | undefined
  readonly sign: (input: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>
}

/** @throws {TokenError} `invalid_configuration` when the key does not fit; what `sign` throws, when it signs */
export const createSigner = (options: AssertionKey): Signer => {
  if (!('sign' in options)) {
    const { alg, kid, load } = parseSigningKey(options)
    return {
      alg,
      kid,
      sign: async (input) => new Uint8Array(await crypto.subtle.sign(signParameters[alg], await load(), input)),
    }
  }
  const { alg, kid, sign } = options
  if (typeof sign !== 'function' || !Object.hasOwn(signParameters, alg)) {
    throw new TokenError('invalid_configuration', 'sign must be a function, and alg ES256, PS256, RS256 or EdDSA')
  }
  return { alg, kid, sign: async (input) => checkSignature(alg, await sign(input)) }
}

interface SignParameters {
  readonly name: string
  readonly hash?: string
  readonly saltLength?: number
}

const signParameters: Readonly<Record<SigningAlg, SignParameters>> = {
  ES256: { name: 'ECDSA', hash: 'SHA-256' },
  // RFC 7518 §3.5: "the size of the salt value is the same size as the hash function output"
  PS256: { name: 'RSA-PSS', saltLength: 32 },
  RS256: { name: 'RSASSA-PKCS1-v1_5' },
  EdDSA: { name: 'Ed25519' },
}

/** Signs claims. Members that are undefined are left out. */
export const signAssertion = async (
  { alg, kid, sign }: Signer,
  { typ, claims }: { readonly typ: string; readonly claims: object },
): Promise<string> => {
  const input = `${encode(utf8(JSON.stringify({ typ, alg, kid })))}.${encode(utf8(JSON.stringify(claims)))}`
  return `${input}.${encode(await sign(utf8(input)))}`
}

/** 128 random bits. */
export const createJti = (): string => encode(crypto.getRandomValues(new Uint8Array(16)))

const checkSignature = (alg: SigningAlg, signature: Uint8Array): Uint8Array => {
  const bytes = alg === 'ES256' && signature.length !== 64 ? fromDer(signature) : signature
  const expected = { ES256: 64, EdDSA: 64, PS256: 256, RS256: 256 }[alg]
  if (alg === 'PS256' || alg === 'RS256' ? bytes.length >= expected : bytes.length === expected) return bytes
  throw new TokenError(
    'credential_unavailable',
    `sign gave ${signature.length} bytes, which is no ${alg} signature: does the key fit the alg?`,
  )
}

/** SEQUENCE { INTEGER r, INTEGER s } to r and s of 32 bytes each (RFC 7518 §3.4); nothing where it is not that. */
const fromDer = (der: Uint8Array): Uint8Array => {
  const raw = new Uint8Array(64)
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return new Uint8Array()
  let at = 2
  for (const end of [32, 64]) {
    const length = der[at + 1] ?? 0
    if (der[at] !== 0x02 || at + 2 + length > der.length) return new Uint8Array()
    const number = der.subarray(at + 2, at + 2 + length)
    const digits = number.subarray(number.findIndex((byte) => byte !== 0))
    if (digits.length > 32) return new Uint8Array()
    raw.set(digits, end - digits.length)
    at += 2 + length
  }
  return at === der.length ? raw : new Uint8Array()
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

const encode = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
