/** DPoP proofs made before they are needed: each is good once, and the load generator has no time to sign. RFC 9449 §4.2. */
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'

/** So many clients take turns, each with a key of its own. */
const clients = 32

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Makes that many proofs for POST requests to a URL. */
export const makeProofs = (htu: string, count: number): readonly string[] => {
  const keys = Array.from({ length: clients }, () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const header = encode({ typ: 'dpop+jwt', alg: 'ES256', jwk: publicKey.export({ format: 'jwk' }) })
    return { header, options: { key: privateKey, dsaEncoding: 'ieee-p1363' } as const }
  })
  const iat = Math.floor(Date.now() / 1000)
  return Array.from({ length: count }, (_, n) => {
    const key = keys[n % clients]
    if (key === undefined) throw new TypeError('there is no key')
    const input = `${key.header}.${encode({ jti: randomUUID(), htm: 'POST', htu, iat })}`
    return `${input}.${sign('sha256', Buffer.from(input), key.options).toString('base64url')}`
  })
}
