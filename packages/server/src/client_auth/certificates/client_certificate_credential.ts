/** Registering what a client's certificate has to have. RFC 8705 §2.1.2, §2.2.2. */
import type { CertificateCredential } from '@credence/storage'
import { type NewCredentialOptions, newCredentialFacts } from '../new_credential_facts.ts'
import { type CertificateMatchInput, parseCertificateMatch } from './client_certificate_match.ts'

/**
 * Makes the certificate credential of a client. Does not store it.
 *
 * Does not check: that the client exists or has it already; that the server has authorities that could sign such a certificate.
 *
 * @throws {CertificateMatchError} which says what to give instead.
 */
export const createCertificateCredential = (
  clientId: string,
  input: CertificateMatchInput,
  options: NewCredentialOptions,
): CertificateCredential => ({
  ...newCredentialFacts(clientId, options),
  kind: 'certificate',
  certificate: parseCertificateMatch(input),
})
