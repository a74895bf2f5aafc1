/** Whether a chain leads from a client's certificate to an authority that an operator trusts. RFC 5280 §6.1. */
import { X509Certificate } from 'node:crypto'
import { type CertificateFacts, clientAuthPurpose, readCertificateFacts } from './client_certificate_facts.ts'

/**
 * Checks the chain of a certificate at a time in epoch seconds; what else the client sent may fill it.
 *
 * Stricter than RFC 5280 where it is shorter: an authority whose certificate restricts names, or has a critical extension that is
 * not understood here, leads nowhere; nor does a signature over SHA-1, or a key of RSA with less than 2048 bits.
 *
 * Does not check: revocation lists; what the certificate may be used for, which {@link checkTlsClientAuth} does.
 */
export type ValidateChain = (leaf: Uint8Array, others: readonly Uint8Array[], now: number) => boolean

/** A chain this long has no good reason. */
const mostAuthorities = 5
/** So many signatures are looked at for one certificate, whatever the client sent. */
const mostSignatures = 24
const mostCertificates = 500

/**
 * Creates the check against a bundle of authorities in PEM: those that signed themselves are trusted, the others are on the way.
 *
 * @throws {TypeError} when there is none that signed itself, or something that is no certificate.
 */
export const createChainValidator = (bundle: string): ValidateChain => {
  const given = parseBundle(bundle)
  const anchors = given.filter(({ certificate }) => isSignedBy(certificate, certificate))
  const between = given.filter((facts) => !anchors.includes(facts))
  if (anchors.length === 0) throw new TypeError('has no certificate of a root authority')

  return (leaf, others, now) => {
    const supplied = others.slice(0, mostAuthorities).flatMap(readOrNothing)
    const candidates = [...between, ...supplied]
    let signatures = 0

    const leadsToAnchor = (below: CertificateFacts, depth: number): boolean => {
      if (!below.hasStrongSignature || !hasGoodKey(below)) return false
      const issues = (issuer: CertificateFacts) => {
        if (!below.certificate.checkIssued(issuer.certificate) || !mayIssue(issuer, depth, now)) return false
        return ++signatures <= mostSignatures && below.certificate.verify(issuer.certificate.publicKey)
      }
      if (anchors.some(issues)) return true
      return depth < mostAuthorities && candidates.some((issuer) => issues(issuer) && leadsToAnchor(issuer, depth + 1))
    }
    const facts = readCertificateFacts(leaf)
    return facts.notUnderstood.length === 0 && leadsToAnchor(facts, 0)
  }
}

/** @param depth how many authorities stand between it and the client */
const mayIssue = (issuer: CertificateFacts, depth: number, now: number): boolean =>
  issuer.isAuthority &&
  // §4.2.1.3: "If the keyUsage extension is present, then the subject public key MUST NOT be used to verify signatures … unless"
  issuer.keyUsage?.keyCertSign !== false &&
  (issuer.pathLength === undefined || depth <= issuer.pathLength) &&
  (issuer.extendedKeyUsage?.includes(clientAuthPurpose) ?? true) &&
  issuer.notUnderstood.length === 0 &&
  hasGoodKey(issuer) &&
  isValidAt(issuer, now)

export const isValidAt = ({ notBefore, notAfter }: CertificateFacts, now: number): boolean =>
  notBefore <= now && now <= notAfter

/** A larger key takes as long to verify with as it is large, and a client may send its own as an authority's. */
const rsaBits = { least: 2_048, most: 8_192 } as const
/** Every authority has 65537. With an exponent as long as the key, verifying takes a hundred times as long. */
const largestExponent = 0xffff_ffffn

/** What a root has signed itself with does not count: it is trusted for being in the bundle. */
const hasGoodKey = ({ certificate: { publicKey } }: CertificateFacts): boolean => {
  const { modulusLength = rsaBits.least, publicExponent = 0n } = publicKey.asymmetricKeyDetails ?? {}
  return modulusLength >= rsaBits.least && modulusLength <= rsaBits.most && publicExponent <= largestExponent
}

const isSignedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)

const pemCertificate = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

/** @throws {TypeError} when there is something in it that is no certificate. */
export const parseBundle = (bundle: string): readonly CertificateFacts[] => {
  const blocks = bundle.match(pemCertificate) ?? []
  if (blocks.length !== (bundle.match(/-----BEGIN /g) ?? []).length) throw unreadable()
  if (blocks.length > mostCertificates) throw new TypeError(`has more than ${mostCertificates} certificates`)
  return blocks.map((pem) => {
    try {
      return readCertificateFacts(new X509Certificate(pem).raw)
    } catch {
      throw unreadable()
    }
  })
}

const unreadable = () => new TypeError('has a certificate that cannot be read, or something else than certificates')

const readOrNothing = (raw: Uint8Array): readonly CertificateFacts[] => {
  try {
    return [readCertificateFacts(raw)]
  } catch {
    return []
  }
}
