/** An issuer for tests: one key, and tokens that are as right or as wrong as a test wants them. */
import assert from 'node:assert/strict'
import type { Clock } from '@credence/protocol'
import {
  createLocalKeySet,
  createSigner,
  generateSigningKeyPair,
  JwtError,
  type JwtErrorCode,
  publicJwk,
  type SignatureAlgorithm,
} from '../index.ts'

export const issuer = 'https://auth.example.com'
export const audience = 'https://orders.example.com'

export const encode = (text: string | Buffer): string => Buffer.from(text).toString('base64url')

/** A clock that stands still until it is told otherwise. */
export const createTestClock = (epochSeconds = 1_790_000_000) => {
  let now = epochSeconds
  const clock: Clock = { epochSeconds: () => Math.floor(now), monotonicMs: () => now * 1000 }
  return Object.assign(clock, {
    advance: (seconds: number) => {
      now += seconds
    },
  })
}

export const createTestIssuer = async (algorithm: SignatureAlgorithm = 'ES256', clock: Clock = createTestClock()) => {
  const kid = 'key-1'
  const { privateKey, publicKey } = await generateSigningKeyPair(algorithm)
  const signer = createSigner({ privateKey, algorithm, kid })
  const jwk = publicJwk(publicKey, { algorithm, kid })
  const now = clock.epochSeconds()
  const header = { alg: algorithm, typ: 'at+jwt', kid }
  const claims = {
    iss: issuer,
    sub: 'report-generator',
    client_id: 'report-generator',
    aud: audience,
    scope: 'orders:read orders:write',
    iat: now,
    exp: now + 600,
    jti: 'token-1',
    credential_id: 'cred_1',
  }
  /** Signs two parts as they are. */
  const signParts = (encodedHeader: string, encodedPayload: string): string => {
    const input = `${encodedHeader}.${encodedPayload}`
    return `${input}.${signer.sign(input).toString('base64url')}`
  }
  /** Signs a header and a payload written out as text. */
  const signText = (headerText: string | Buffer, payloadText: string | Buffer): string =>
    signParts(encode(headerText), encode(payloadText))
  return {
    algorithm,
    kid,
    privateKey,
    publicKey,
    jwk,
    keys: createLocalKeySet({ keys: [jwk] }),
    clock,
    header,
    claims,
    signParts,
    signText,
    /** A token that is right but for the members given; undefined leaves one out. */
    sign: (wrongClaims: object = {}, wrongHeader: object = {}): string =>
      signText(JSON.stringify({ ...header, ...wrongHeader }), JSON.stringify({ ...claims, ...wrongClaims })),
  }
}

export type TestIssuer = Awaited<ReturnType<typeof createTestIssuer>>

/** Whether an error is a refusal with one of these codes. */
export const isRefusal =
  (...codes: readonly JwtErrorCode[]) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof JwtError, `not a JwtError: ${error}`)
    assert.ok(codes.includes(error.code), `${error.code} (${error.message}) is not ${codes.join(' or ')}`)
    return true
  }
