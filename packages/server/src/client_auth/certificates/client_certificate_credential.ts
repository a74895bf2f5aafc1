/** Registering what a client's certificate has to have. RFC 8705 §2.1.2, §2.2.2. */
import { type Clock, createId, type Randomness } from '@credence/protocol'
import type { CertificateCredential } from '@credence/storage'
import { type CertificateMatchInput, parseCertificateMatch } from './client_certificate_match.ts'

export interface CertificateCredentialDeps {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly label?: string | undefined
  /** Seconds from now. Undefined: for ever. */
  readonly expiresIn?: number | undefined
}

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
  { clock, randomness, label, expiresIn }: CertificateCredentialDeps,
): CertificateCredential => {
  const now = clock.epochSeconds()
  return {
    credentialId: createId('cred', now * 1000, randomness),
    clientId,
    kind: 'certificate',
    certificate: parseCertificateMatch(input),
    label,
    createdAt: now,
    expiresAt: expiresIn === undefined ? undefined : now + expiresIn,
    revokedAt: undefined,
    lastUsedAt: undefined,
    lastUsedFrom: undefined,
    lastUsedUserAgent: undefined,
    lifetimeSeconds: expiresIn,
    replaces: undefined,
  }
}
