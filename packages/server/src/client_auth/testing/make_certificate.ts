/** Certificates for tests, as they should be and as they should not: every field that a check looks at can be set. RFC 5280 §4. */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

export interface MadeCertificate {
  readonly cert: string
  readonly key: string
  readonly raw: Buffer
  readonly privateKey: KeyObject
  readonly subject: Name
}

/** From the root to the leaf; each a set of attributes by object identifier. */
export type Name = readonly Readonly<Record<string, string | Buffer>>[]

export interface CertificateRequest {
  readonly subject: string | Name
  /** Undefined: it signs itself. */
  readonly issuer?: MadeCertificate
  /** Undefined: a key of its own. */
  readonly privateKey?: KeyObject
  /** Epoch seconds. Default: from an hour ago for a day. */
  readonly validity?: readonly [from: number, to: number]
  readonly authority?: boolean
  readonly pathLength?: number
  /** Bits as in §4.2.1.3, 0x80 the first. Undefined: no such extension. */
  readonly keyUsage?: number
  readonly purposes?: readonly string[]
  readonly names?: readonly { readonly tag: 1 | 2 | 6 | 7; readonly value: string | Buffer }[]
  /** What it is signed over. Default: SHA-256. */
  readonly digest?: 'sha256' | 'sha1'
  /** DER of further extensions. */
  readonly extensions?: readonly { readonly id: string; readonly critical: boolean; readonly value: Buffer }[]
}

const commonName = '2.5.4.3'

export const makeCertificate = (request: CertificateRequest): MadeCertificate => {
  const privateKey = request.privateKey ?? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const { subject: given, issuer, digest = 'sha256' } = request
  const signer = issuer?.privateKey ?? privateKey
  const algorithm = signer.asymmetricKeyType === 'rsa' ? rsaWithSha256 : algorithms[digest]
  const subject: Name = typeof given === 'string' ? [{ [commonName]: given }] : given
  const now = Math.floor(Date.now() / 1000)
  const [from, to] = request.validity ?? [now - 3_600, now + 86_400]
  const publicKey = publicKeyOf(privateKey)
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    nameOf(issuer?.subject ?? subject),
    sequence(time(from), time(to)),
    nameOf(subject),
    publicKey,
    der(0xa3, sequence(...extensionsOf(request))),
  )
  const signature = sign(digest, signed, signer)
  const raw = sequence(signed, algorithm, bits(signature))
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${raw.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    raw,
    privateKey,
    subject,
  }
}

/** An authority as it should be. */
export const makeAuthority = (
  subject: string | Name,
  rest: Omit<CertificateRequest, 'subject'> = {},
): MadeCertificate => makeCertificate({ subject, authority: true, keyUsage: 0x06, ...rest })

export const der = (tag: number, ...contents: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(contents)
  const { length } = content
  const lengthOctets = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...lengthOctets]), content])
}

const sequence = (...contents: readonly Uint8Array[]) => der(0x30, ...contents)
const bits = (content: Uint8Array) => der(0x03, Buffer.from([0]), content)
const critical = der(0x01, Buffer.from([0xff]))

const oid = (text: string): Buffer => {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const arcs = [first * 40 + second, ...rest].map((arc) => {
    const octets = [arc & 0x7f]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) octets.unshift((left & 0x7f) | 0x80)
    return Buffer.from(octets)
  })
  return der(0x06, ...arcs)
}

const algorithms = { sha256: sequence(oid('1.2.840.10045.4.3.2')), sha1: sequence(oid('1.2.840.10045.4.1')) } as const

const rsaWithSha256 = sequence(oid('1.2.840.113549.1.1.11'), der(0x05))

/** UTF8String, or the DER that is given. */
const nameOf = (name: Name): Buffer =>
  sequence(
    ...name.map((relative) =>
      der(
        0x31,
        ...Object.entries(relative).map(([type, value]) =>
          sequence(oid(type), typeof value === 'string' ? der(0x0c, Buffer.from(value)) : value),
        ),
      ),
    ),
  )

const time = (epochSeconds: number): Buffer =>
  der(0x18, Buffer.from(`${new Date(epochSeconds * 1000).toISOString().replace(/[-:T]|\.\d+/g, '')}`))

const publicKeyOf = (privateKey: KeyObject): Buffer => {
  if (privateKey.asymmetricKeyType === 'rsa') {
    return createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  }
  const jwk = privateKey.export({ format: 'jwk' })
  const point = Buffer.concat([Buffer.from([4]), ...[jwk.x, jwk.y].map((part) => Buffer.from(part ?? '', 'base64url'))])
  return sequence(sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')), bits(point))
}

const extension = (id: string, value: Buffer, isCritical = false): Buffer =>
  sequence(oid(id), ...(isCritical ? [critical] : []), der(0x04, value))

const extensionsOf = ({ authority, pathLength, keyUsage, purposes, names, extensions = [] }: CertificateRequest) => [
  extension(
    '2.5.29.19',
    sequence(
      ...(authority ? [critical] : []),
      ...(pathLength === undefined ? [] : [der(0x02, Buffer.from([pathLength]))]),
    ),
    true,
  ),
  ...(keyUsage === undefined ? [] : [extension('2.5.29.15', der(0x03, Buffer.from([0, keyUsage])), true)]),
  ...(purposes === undefined ? [] : [extension('2.5.29.37', sequence(...purposes.map(oid)))]),
  ...(names === undefined
    ? []
    : [
        extension(
          '2.5.29.17',
          sequence(...names.map(({ tag, value }) => der(0x80 | tag, Buffer.from(value as string)))),
        ),
      ]),
  ...extensions.map(({ id, critical: isCritical, value }) => extension(id, value, isCritical)),
]
