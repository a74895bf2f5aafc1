/** What a client's certificate has to have: validated when it is registered, compared when it is used. RFC 8705 §2.1.2, §2.2.2. */
import { X509Certificate } from 'node:crypto'
import { isIP, isIPv6, SocketAddress } from 'node:net'
import type { CertificateMatch } from '@credence/storage'
import { type CertificateFacts, readCertificateFacts } from './client_certificate_facts.ts'
import { formatDistinguishedName, nameKey, parseDistinguishedName } from './client_certificate_name.ts'

/** What somebody registers; `certificate`: the certificate itself in PEM, of which the public key counts. */
export interface CertificateMatchInput {
  readonly by: Exclude<CertificateMatch['by'], 'public_key'> | 'certificate'
  readonly value: string
}

/** Says what is wrong with what somebody registers. */
export class CertificateMatchError extends Error {
  override readonly name = 'CertificateMatchError'
  readonly code = 'invalid_certificate_match'
}

/**
 * Validates what a client's certificate shall have, and brings it to the form in which it is kept.
 *
 * Does not check: that a certificate in PEM is signed by itself, or valid now.
 *
 * @throws {CertificateMatchError} which says what to give instead.
 */
export const parseCertificateMatch = ({ by, value }: CertificateMatchInput): CertificateMatch => {
  if (by === 'certificate') return { by: 'public_key', value: digestOfPem(value) }
  try {
    return { by, value: canonical[by](value) }
  } catch (error) {
    throw new CertificateMatchError(`${by}: ${error instanceof Error ? error.message : 'not valid'}`)
  }
}

/** Whether a certificate has what is asked for. Does not check: its chain, its dates. */
export const matchesCertificate = (match: CertificateMatch, facts: CertificateFacts): boolean => {
  const { by } = match
  const wanted = wantedBy(match)
  if (by === 'public_key') return facts.publicKeyDigest === wanted
  if (by === 'subject_dn') return facts.subjectKey === wanted
  return facts.alternativeNames.some(
    (name) => name.by === by && wanted === (by === 'san_ip' ? name.value : comparable[by](name.value)),
  )
}

/** What is registered is read once for as long as the client is held in memory. */
const wantedValues = new WeakMap<CertificateMatch, string>()

const wantedBy = (match: CertificateMatch): string => {
  const known = wantedValues.get(match)
  if (known !== undefined) return known
  const { by, value } = match
  let wanted = value
  if (by === 'subject_dn') wanted = nameKey(parseDistinguishedName(value))
  else if (by !== 'public_key') wanted = comparable[by](value)
  wantedValues.set(match, wanted)
  return wanted
}

const ascii = /^[\x21-\x7e]+$/

const demand = (condition: boolean, message: string): void => {
  if (!condition) throw new TypeError(message)
}

const label = '[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?'
const hostName = new RegExp(`^(?=.{1,253}$)${label}(?:\\.${label})*$`)

const canonical: Readonly<Record<Exclude<CertificateMatch['by'], 'public_key'>, (value: string) => string>> = {
  subject_dn: (value) => formatDistinguishedName(parseDistinguishedName(value)),
  san_dns(value) {
    // a name with a wildcard would be many clients' name
    demand(hostName.test(value), 'must be one DNS name, in ASCII, without a wildcard')
    return value.toLowerCase()
  },
  san_uri(value) {
    demand(
      ascii.test(value) && value.length <= 2_048 && URL.canParse(value),
      'must be a URI, as it stands in the certificate',
    )
    return value
  },
  san_ip(value) {
    demand(isIP(value) !== 0 && !value.includes('%'), 'must be one IP address')
    return new SocketAddress({ address: value, family: isIPv6(value) ? 'ipv6' : 'ipv4' }).address
  },
  san_email(value) {
    const [, domain] = /^[^@]+@([^@]+)$/.exec(value) ?? []
    demand(
      ascii.test(value) && domain !== undefined && hostName.test(domain),
      'must be one address, in ASCII: name@example.com',
    )
    return comparable.san_email(value)
  },
}

/** RFC 5280 §7.2, §7.5: DNS names, and the domain of an address, are compared without regard to case; the rest to the letter. */
const comparable: Readonly<Record<'san_dns' | 'san_uri' | 'san_ip' | 'san_email', (value: string) => string>> = {
  san_dns: (value) => value.toLowerCase(),
  san_uri: (value) => value,
  san_ip: (value) => octetsOf(value),
  san_email: (value) => value.replace(/@.*$/, (domain) => domain.toLowerCase()),
}

/** The octets of an address in hex, as a certificate has them. */
const octetsOf = (address: string): string => {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number)).toString('hex')
  const [left = '', right] = withoutIPv4(address).split('::')
  const before = left === '' ? [] : left.split(':')
  const after = right === undefined || right === '' ? [] : right.split(':')
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0')
  return [...before, ...zeros, ...after].map((group) => group.padStart(4, '0').toLowerCase()).join('')
}

/** RFC 4291 §2.2: an IPv4 address at the end stands for two groups. */
const withoutIPv4 = (address: string): string =>
  address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...parts: string[]) =>
    [0, 2].map((at) => (Number(parts[at]) * 256 + Number(parts[at + 1])).toString(16)).join(':'),
  )

const pemBlocks = /-----BEGIN ([A-Z0-9 ]+)-----/g
const minRsaBits = 2_048

const digestOfPem = (pem: string): string => {
  const blocks = [...pem.slice(0, 65_536).matchAll(pemBlocks)].map(([, type]) => type)
  const fail = (message: string) => {
    throw new CertificateMatchError(`certificate: ${message}`)
  }
  if (blocks.some((type) => type?.includes('PRIVATE KEY'))) fail('has a private key in it: give the certificate alone')
  if (blocks.length > 1) fail('has more than one block: give the client’s own certificate alone, without its chain')
  if (blocks[0] !== 'CERTIFICATE') fail('must be one certificate in PEM (-----BEGIN CERTIFICATE-----)')
  try {
    const { raw, publicKey } = new X509Certificate(pem)
    const { modulusLength } = publicKey.asymmetricKeyDetails ?? {}
    if (modulusLength !== undefined && modulusLength < minRsaBits)
      fail(`an RSA key must have ${minRsaBits} bits or more`)
    return readCertificateFacts(raw).publicKeyDigest
  } catch (error) {
    if (error instanceof CertificateMatchError) throw error
    return fail('cannot be read: is it a whole certificate, with a key of RSA, EC or EdDSA?')
  }
}
