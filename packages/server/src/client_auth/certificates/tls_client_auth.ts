/** tls_client_auth: a certificate whose chain leads to a trusted authority, and that names the client. RFC 8705 §2.1. */
import type { CertificateMatch } from '@credence/storage'
import type { ClientCertificate } from '../../http/http_request.ts'
import { isValidAt } from './client_certificate_chain.ts'
import { type CertificateFacts, clientAuthPurpose } from './client_certificate_facts.ts'
import { matchesCertificate } from './client_certificate_match.ts'
import { formatDistinguishedName } from './client_certificate_name.ts'

export interface CertificateProof {
  readonly certificate: ClientCertificate
  readonly facts: CertificateFacts
  readonly match: CertificateMatch
  /** Epoch seconds. */
  readonly now: number
}

/**
 * Says why a certificate does not prove the client, or undefined when it does.
 *
 * Does not check: that nobody has revoked the certificate: no revocation list is read, and no responder asked.
 */
export const whyNotTlsClientAuth = ({ certificate, facts, match, now }: CertificateProof): string | undefined => {
  // "The TLS certificate chain is validated, and the subject … is verified"
  if (!certificate.isTrusted) return 'no chain from the certificate to a trusted authority'
  if (!isValidAt(facts, now)) return 'the certificate is not valid now'
  // a key that issues certificates proves nobody's identity but that of the authority
  if (facts.isAuthority) return 'the certificate is that of an authority'
  if (!(facts.extendedKeyUsage?.includes(clientAuthPurpose) ?? true)) return 'the certificate is not for clients (EKU)'
  const { keyUsage } = facts
  if (keyUsage !== undefined && !keyUsage.digitalSignature && !keyUsage.keyAgreement) {
    return 'the certificate’s key is not for signing (key usage)'
  }
  if (matchesCertificate(match, facts)) return undefined
  return match.by === 'subject_dn'
    ? `the subject is ${formatDistinguishedName(facts.subject)}, registered is ${match.value}`
    : `the certificate has no ${match.by} ${match.value}`
}
