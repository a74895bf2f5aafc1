/** What a certificate says of itself, as far as client authentication asks. RFC 5280 §4.1, §4.2. */
import { hash, X509Certificate } from 'node:crypto'
import {
  type DerValue,
  derTags,
  expectTag,
  readChildren,
  readDer,
  readObjectIdentifier,
} from './client_certificate_der.ts'
import { type DistinguishedName, nameKey, readDistinguishedName } from './client_certificate_name.ts'
import { isStrongSignature } from './client_certificate_signature.ts'

export interface CertificateFacts {
  readonly certificate: X509Certificate
  readonly subject: DistinguishedName
  /** What the subject is compared by. */
  readonly subjectKey: string
  readonly alternativeNames: readonly AlternativeName[]
  /** base64url SHA-256 of its SubjectPublicKeyInfo. */
  readonly publicKeyDigest: string
  /** Epoch seconds; it is valid in both and between them. */
  readonly notBefore: number
  readonly notAfter: number
  readonly isAuthority: boolean
  /** How many authorities may follow below this one; undefined: any number. */
  readonly pathLength: number | undefined
  /** Undefined: not restricted. */
  readonly keyUsage: KeyUsage | undefined
  /** Object identifiers. Undefined: not restricted. */
  readonly extendedKeyUsage: readonly string[] | undefined
  /** Whether nobody could have forged the signature that is on it. */
  readonly hasStrongSignature: boolean
  /** Extensions that are marked critical, or restrict names, and are not understood here. */
  readonly notUnderstood: readonly string[]
}

export interface AlternativeName {
  readonly by: 'san_dns' | 'san_uri' | 'san_ip' | 'san_email'
  /** Of an address its octets in hex. */
  readonly value: string
}

export interface KeyUsage {
  readonly digitalSignature: boolean
  readonly keyAgreement: boolean
  readonly keyCertSign: boolean
}

export const clientAuthPurpose = '1.3.6.1.5.5.7.3.2'

const extensionIds = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  extKeyUsage: '2.5.29.37',
} as const

/** §4.2.1.4, §4.2.1.11: certificate policies, which nothing is decided by, are passed over even where they are critical. */
const understood: ReadonlySet<string> = new Set([
  extensionIds.keyUsage,
  extensionIds.subjectAltName,
  extensionIds.basicConstraints,
  extensionIds.extKeyUsage,
  '2.5.29.32',
])

/** A longer certificate is not read. */
const maxBytes = 32_768

/** A connection's certificate is read once. */
const known = new WeakMap<Uint8Array, CertificateFacts>()

/**
 * Reads a certificate.
 *
 * Does not check: its signature, that it is valid now, who has its key.
 *
 * @param raw DER
 * @throws {TypeError} when it is none, or its key is of a kind that is not supported.
 */
export const readCertificateFacts = (raw: Uint8Array): CertificateFacts => {
  const before = known.get(raw)
  if (before !== undefined) return before
  const facts = read(raw)
  known.set(raw, facts)
  return facts
}

const read = (raw: Uint8Array): CertificateFacts => {
  if (raw.length > maxBytes) throw new TypeError('the certificate is too large')
  const certificate = parseCertificate(raw)
  const [signed] = readChildren(expectTag(readDer(raw), derTags.sequence))
  const fields = readChildren(expectTag(signed, derTags.sequence))
  // version is [0] and absent in version 1; then serial number, signature, issuer, validity and subject
  const [, signature, , , name] = fields[0]?.tag === 0xa0 ? fields.slice(1) : fields
  const subject = readDistinguishedName(name)
  const extensions = readExtensions(fields.find(({ tag }) => tag === 0xa3))
  const { isAuthority, pathLength } = readBasicConstraints(extensions.get(extensionIds.basicConstraints)?.value)
  return {
    certificate,
    subject,
    subjectKey: nameKey(subject),
    alternativeNames: readAlternativeNames(extensions.get(extensionIds.subjectAltName)?.value),
    publicKeyDigest: digestPublicKey(certificate),
    notBefore: Math.floor(certificate.validFromDate.getTime() / 1000),
    notAfter: Math.floor(certificate.validToDate.getTime() / 1000),
    isAuthority,
    pathLength,
    keyUsage: readKeyUsage(extensions.get(extensionIds.keyUsage)?.value),
    extendedKeyUsage: readPurposes(extensions.get(extensionIds.extKeyUsage)?.value),
    hasStrongSignature: isStrongSignature(signature),
    notUnderstood: [...extensions]
      .filter(([id, { critical }]) => (critical && !understood.has(id)) || id === extensionIds.nameConstraints)
      .map(([id]) => id),
  }
}

const parseCertificate = (raw: Uint8Array): X509Certificate => {
  try {
    return new X509Certificate(raw)
  } catch {
    throw new TypeError('not the DER of a certificate')
  }
}

const digestPublicKey = ({ publicKey }: X509Certificate): string =>
  hash('sha256', publicKey.export({ type: 'spki', format: 'der' }), 'base64url')

interface Extension {
  readonly critical: boolean
  readonly value: DerValue
}

const readExtensions = (tagged: DerValue | undefined): ReadonlyMap<string, Extension> => {
  const extensions = new Map<string, Extension>()
  if (tagged === undefined) return extensions
  const [list] = readChildren(tagged)
  for (const extension of readChildren(expectTag(list, derTags.sequence))) {
    const parts = readChildren(expectTag(extension, derTags.sequence))
    const id = readObjectIdentifier(parts[0])
    const critical = parts[1]?.tag === derTags.boolean && parts[1].content[0] !== 0
    const { content } = expectTag(parts.at(-1), derTags.octetString)
    // §4.2: "A certificate MUST NOT include more than one instance of a particular extension."
    if (extensions.has(id)) throw new TypeError('the certificate has an extension twice')
    extensions.set(id, { critical, value: readDer(content) })
  }
  return extensions
}

const readBasicConstraints = (value: DerValue | undefined) => {
  if (value === undefined) return { isAuthority: false, pathLength: undefined }
  const parts = readChildren(expectTag(value, derTags.sequence))
  const length = parts.find(({ tag }) => tag === derTags.integer)?.content
  return {
    isAuthority: parts[0]?.tag === derTags.boolean && parts[0].content[0] !== 0,
    pathLength: length?.reduce((number, octet) => number * 256 + octet, 0),
  }
}

/** §4.2.1.3: bits from the left, the first octet counts those that are not used. */
const readKeyUsage = (value: DerValue | undefined): KeyUsage | undefined => {
  if (value === undefined) return undefined
  const bits = expectTag(value, derTags.bitString).content[1] ?? 0
  return {
    digitalSignature: (bits & 0x80) !== 0,
    keyAgreement: (bits & 0x08) !== 0,
    keyCertSign: (bits & 0x04) !== 0,
  }
}

const readPurposes = (value: DerValue | undefined): readonly string[] | undefined =>
  value && readChildren(expectTag(value, derTags.sequence)).map(readObjectIdentifier)

/** §4.2.1.6: IA5String, but for iPAddress. Other kinds of names are passed over. */
const alternativeNameTags: Readonly<Record<number, AlternativeName['by']>> = {
  129: 'san_email',
  130: 'san_dns',
  134: 'san_uri',
  135: 'san_ip',
}

const readAlternativeNames = (value: DerValue | undefined): readonly AlternativeName[] =>
  value === undefined
    ? []
    : readChildren(expectTag(value, derTags.sequence)).flatMap(({ tag, content }) => {
        const by = alternativeNameTags[tag]
        if (by === undefined) return []
        return [{ by, value: Buffer.from(content).toString(by === 'san_ip' ? 'hex' : 'latin1') }]
      })
