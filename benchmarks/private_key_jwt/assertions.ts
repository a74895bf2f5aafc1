/** Client assertions made before they are needed: each is good once, and the load generator has no time to sign. RFC 7523 §3. */
import { createPrivateKey, generateKeyPairSync, type JsonWebKey, randomUUID, sign } from 'node:crypto'

/** Whose assertions, and for whom: what the load generator is told. */
export interface AssertionsFor {
  readonly clientId: string
  readonly audience: string
  readonly privateJwk: JsonWebKey
}

export const keyId = 'bench'

/** The client's key, and what is registered of it. */
export const makeClientKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicJwk = { ...publicKey.export({ format: 'jwk' }), kid: keyId, alg: 'ES256', use: 'sig' }
  return { privateJwk: privateKey.export({ format: 'jwk' }), publicJwk }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** What a form has beside everything else. */
export const assertionParameters = (assertion: string): string =>
  `&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=${assertion}`

export const makeAssertions = ({ clientId, audience, privateJwk }: AssertionsFor, count: number): readonly string[] => {
  const key = { key: createPrivateKey({ key: privateJwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' } as const
  const header = encode({ alg: 'ES256', typ: 'client-authentication+jwt', kid: keyId })
  const iat = Math.floor(Date.now() / 1000)
  const identity = { iss: clientId, sub: clientId, aud: audience, iat, exp: iat + 120 }
  return Array.from({ length: count }, () => {
    const input = `${header}.${encode({ ...identity, jti: randomUUID() })}`
    return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
  })
}
