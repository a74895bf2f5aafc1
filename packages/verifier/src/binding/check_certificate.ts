/** Whether the client's certificate is the one a token is bound to. RFC 8705 §3. */
import { certificateThumbprint } from '@credence/jwt'
import { RequestRefused } from '../refusal.ts'

/**
 * Checks the thumbprint.
 *
 * Does not check: the chain and the dates of the certificate, which the TLS server does where it is told to. The token is
 * bound to this certificate alone, whoever issued it.
 *
 * @param der of the client's certificate; undefined where it showed none
 * @throws {RequestRefused} `certificate_required`, `wrong_certificate`
 * @see RFC 8705 §3: "If they do not match, the resource access attempt MUST be rejected with an error per [RFC6750] using an
 *   HTTP 401 status code and the invalid_token error code."
 */
export const checkCertificate = (der: Uint8Array | undefined, thumbprint: string): void => {
  if (der === undefined)
    throw refused('certificate_required', 'the token is bound to a certificate, and came without one')
  if (certificateThumbprint(der) !== thumbprint) {
    throw refused('wrong_certificate', 'the token is bound to another certificate')
  }
}

const refused = (code: 'certificate_required' | 'wrong_certificate', description: string) =>
  new RequestRefused(code, description, { status: 401, error: 'invalid_token' })
