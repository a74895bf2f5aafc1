/** What is verified: tokens of one key, as an issuer makes them, and the bare signatures that are the limit. */
import { createVerify, type KeyObject, sign, verify } from 'node:crypto'
import {
  algorithms,
  compactSigningInput,
  createSigner,
  encodeHeader,
  generateSigningKeyPair,
  publicJwk,
  type SignatureAlgorithm,
} from '@credence/jwt'
import type { Call } from './measuring.ts'

export const issuer = 'https://auth.example.com'
export const audience = 'https://orders.example.com'
const kid = 'benchmark-key-2026'
const tokensMade = 64

export type Signed = Awaited<ReturnType<typeof createSigned>>

/** 64 tokens of a new key, each right for an hour, with these claims besides. */
export const createSigned = async (algorithm: SignatureAlgorithm, more: object = {}) => {
  const { privateKey, publicKey } = await generateSigningKeyPair(algorithm)
  const jwk = publicJwk(publicKey, { algorithm, kid })
  const signer = createSigner({ privateKey, algorithm, kid })
  const header = encodeHeader({ alg: algorithm, typ: 'at+jwt', kid })
  const inputs = Array.from({ length: tokensMade }, (_, n) => compactSigningInput(header, { ...claims(n), ...more }))
  const tokens = inputs.map((input) => `${input}.${signer.sign(input).toString('base64url')}`)
  return { algorithm, privateKey, publicKey, jwk, inputs, tokens }
}

const claims = (n: number) => {
  const iat = Math.floor(Date.now() / 1000)
  return {
    iss: issuer,
    sub: 'report-generator',
    client_id: 'report-generator',
    aud: audience,
    scope: 'orders:read orders:write',
    iat,
    exp: iat + 3600,
    jti: `f1d2b7c0a94e4d8b9c31${n}`,
    credential_id: 'cred_0r8s1k2m3n4p5q6r7s8t9v0w1x',
  }
}

/** Strings of their own for each call, over and over, as from a socket. */
export const textsOf = (texts: readonly string[]): ((n: number) => string) => {
  const bytes = texts.map((text) => Buffer.from(text))
  return (n) => bytes[n % bytes.length]?.toString('latin1') ?? ''
}

/** Nothing but the signature, by the call that Node's documentation shows: the signature as the JWS has it, what differs from the default as options. */
export const createDocumentedCall = ({ algorithm, publicKey, tokens, inputs }: Signed): Call => {
  const { digest, padding } = algorithms[algorithm]
  const options = algorithm === 'ES256' ? ({ dsaEncoding: 'ieee-p1363' } as const) : padding
  const key = options === undefined ? publicKey : { key: publicKey, ...options }
  const prepared = inputs.map((input, n) => ({
    bytes: Buffer.from(input),
    signature: Buffer.from(tokens[n]?.slice(input.length + 1) ?? '', 'base64url'),
  }))
  return (n) => {
    const { bytes, signature } = prepared[n % prepared.length] ?? { bytes: Buffer.alloc(0), signature: Buffer.alloc(0) }
    if (!verify(digest, bytes, key, signature)) throw new Error('refused')
  }
}

/** Nothing but the signature: bytes, DER signature and KeyObject all made beforehand, in the fastest way there is. */
export const createLimit = ({ algorithm, privateKey, publicKey, inputs }: Signed): Call => {
  const { digest, padding } = algorithms[algorithm]
  const prepared = inputs.map((input) => {
    const bytes = Buffer.from(input)
    return { bytes, signature: sign(digest, bytes, padding ? { key: privateKey, ...padding } : privateKey) }
  })
  const at = (n: number) => prepared[n % prepared.length] ?? { bytes: Buffer.alloc(0), signature: Buffer.alloc(0) }
  const check = (verified: boolean) => {
    if (!verified) throw new Error('refused')
  }
  // options as members of the KeyObject itself: in an object of their own they cost more than half as much again
  const key: KeyObject = Object.assign(publicKey, padding)
  return digest === null
    ? (n) => check(verify(null, at(n).bytes, key, at(n).signature))
    : (n) => check(createVerify(digest).update(at(n).bytes).verify(key, at(n).signature))
}
