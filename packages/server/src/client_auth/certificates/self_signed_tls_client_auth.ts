/** self_signed_tls_client_auth: a certificate with the key that is registered for the client, whoever signed it. RFC 8705 §2.2. */
import { matchesCertificate } from './client_certificate_match.ts'
import type { CertificateProof } from './tls_client_auth.ts'

/**
 * Says why a certificate does not prove the client, or undefined when it does.
 *
 * Does not check: the chain, which "is not validated by the server in this case"; the dates and the names, which whoever has the
 * key can write as they like. How long the key counts, the credential's own expiry says.
 */
export const whyNotSelfSignedTlsClientAuth = ({ facts, match }: CertificateProof): string | undefined =>
  matchesCertificate(match, facts) ? undefined : 'the certificate has another key than the registered one'
