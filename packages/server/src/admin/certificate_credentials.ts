/** Certificates of clients as the management API and declarative files take and show them. RFC 8705 §2.1.2, §2.2. */
import type { CertificateCredential, CertificateMatch } from '@credence/storage'
import { CertificateMatchError, parseCertificateMatch } from '../client_auth/certificates/client_certificate_match.ts'
import type { CredentialMembers } from './credential_members.ts'
import type { Fault } from './problem.ts'

export type CertificateMaterial = Pick<CertificateCredential, 'kind' | 'certificate'>

const memberOf = {
  subject_dn: 'tls_client_auth_subject_dn',
  san_dns: 'tls_client_auth_san_dns',
  san_uri: 'tls_client_auth_san_uri',
  san_ip: 'tls_client_auth_san_ip',
  san_email: 'tls_client_auth_san_email',
  public_key: 'certificate_public_key',
} as const satisfies Record<CertificateMatch['by'], keyof CredentialMembers>

const kinds = Object.keys(memberOf) as readonly CertificateMatch['by'][]

const publicKeyForm = /^[A-Za-z0-9_-]{43}$/

/** What the members say, one for each value; what is wrong goes to `faults`. */
export const parseCertificates = (given: CredentialMembers, faults: Fault[]): readonly CertificateMaterial[] => {
  const parse = (member: keyof CredentialMembers, read: () => CertificateMatch): readonly CertificateMaterial[] => {
    try {
      return [{ kind: 'certificate', certificate: read() }]
    } catch (error) {
      if (!(error instanceof CertificateMatchError)) throw error
      faults.push({ pointer: `/${member}`, detail: error.message })
      return []
    }
  }
  const { certificate } = given
  return [
    ...(certificate === undefined
      ? []
      : parse('certificate', () => parseCertificateMatch({ by: 'certificate', value: certificate }))),
    ...kinds.flatMap((by) => {
      const values = given[memberOf[by]] ?? []
      return [values].flat().flatMap((value) => parse(memberOf[by], () => parseMatch(by, value)))
    }),
  ]
}

const parseMatch = (by: CertificateMatch['by'], value: string): CertificateMatch => {
  if (by !== 'public_key') return parseCertificateMatch({ by, value })
  if (!publicKeyForm.test(value)) {
    throw new CertificateMatchError('must be a SHA-256 in base64url: 43 characters; or give the certificate itself')
  }
  return { by, value }
}

/** The member that says the same. */
export const toCertificateMembers = ({ by, value }: CertificateMatch) => ({ [memberOf[by]]: value })

export const describeCertificate = ({ by, value }: CertificateMatch): string => {
  switch (by) {
    case 'public_key':
      return `a self-signed certificate whose public key has the SHA-256 ${value}`
    case 'subject_dn':
      return `a certificate of a trusted authority with the subject ${value}`
    default:
      return `a certificate of a trusted authority for ${alternativeNames[by]} ${value}`
  }
}

const alternativeNames = {
  san_dns: 'the DNS name',
  san_uri: 'the URI',
  san_ip: 'the IP address',
  san_email: 'the email address',
} as const
