/** Client authentication by the certificate of the connection: reads it, finds the credential that it proves. RFC 8705 §2. */
import type { Clock } from '@credence/protocol'
import type { CertificateCredential, ClientRecord, TokenEndpointAuthMethod } from '@credence/storage'
import type { Directory } from '../../directory/directory.ts'
import {
  type AuthenticatedClient,
  type ClientAuthMethod,
  nothingToClaim,
  type PresentedCertificate,
} from '../client_auth_method.ts'
import { invalidClient } from '../invalid_client.ts'
import { mayUseMethod } from '../registered_method.ts'
import { type CertificateFacts, readCertificateFacts } from './client_certificate_facts.ts'
import { whyNotSelfSignedTlsClientAuth } from './self_signed_tls_client_auth.ts'
import { type CertificateProof, whyNotTlsClientAuth } from './tls_client_auth.ts'

/** §2: "the client MUST include the `client_id` parameter"; where something else proves the client, the certificate only binds. */
export const clientCertificate: ClientAuthMethod = {
  read(form, { certificate, headers }) {
    if (certificate === undefined || headers.authorization !== undefined) return undefined
    const clientId = form.get('client_id')
    if (clientId === undefined) return undefined
    if (form.get('client_secret') !== undefined || form.get('client_assertion') !== undefined) return undefined
    return { method: 'client_certificate', clientId, certificate }
  },
}

export interface ClientCertificateDeps {
  readonly directory: Directory
  readonly clock: Clock
}

/**
 * Resolves to the client that the certificate proves.
 *
 * @throws {OAuthError} `invalid_client`, with the same description whatever was wrong; `detail` has the reason for the log.
 */
export const checkClientCertificate = (
  presented: PresentedCertificate,
  { directory, clock }: ClientCertificateDeps,
): AuthenticatedClient | Promise<AuthenticatedClient> => {
  const known = directory.client(presented.clientId)
  const prove = (record: ClientRecord | undefined) => proveCertificate(presented, record, clock.epochSeconds())
  return known instanceof Promise ? known.then(prove) : prove(known)
}

const proveCertificate = (
  { certificate }: PresentedCertificate,
  record: ClientRecord | undefined,
  now: number,
): AuthenticatedClient => {
  if (record === undefined) throw invalidClient('unknown client')
  const { client, credentials } = record
  if (client.disabled) throw invalidClient('the client is disabled')
  const registered = client.tokenEndpointAuthMethod
  const held = credentials.filter(
    (credential): credential is CertificateCredential =>
      credential.kind === 'certificate' && mayUseMethod(registered, methodOf(credential)),
  )
  const alive = held.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)
  if (alive.length === 0) {
    throw invalidClient(held.length > 0 ? 'expired credential' : `no certificate is registered${forMethod(registered)}`)
  }
  const facts = readFacts(certificate.raw)
  let reason: string | undefined
  for (const credential of alive) {
    const method = methodOf(credential)
    reason = whyNot[method]({ certificate, facts, match: credential.certificate, now })
    if (reason === undefined) return { record, credential, method, replayClaims: nothingToClaim }
  }
  throw invalidClient(reason ?? 'no certificate is registered')
}

type CertificateMethod = 'tls_client_auth' | 'self_signed_tls_client_auth'

const methodOf = ({ certificate: { by } }: CertificateCredential): CertificateMethod =>
  by === 'public_key' ? 'self_signed_tls_client_auth' : 'tls_client_auth'

const whyNot: Readonly<Record<CertificateMethod, (proof: CertificateProof) => string | undefined>> = {
  tls_client_auth: whyNotTlsClientAuth,
  self_signed_tls_client_auth: whyNotSelfSignedTlsClientAuth,
}

const forMethod = (method: TokenEndpointAuthMethod | undefined) => (method === undefined ? '' : ` for ${method}`)

const readFacts = (raw: Uint8Array): CertificateFacts => {
  try {
    return readCertificateFacts(raw)
  } catch (error) {
    throw invalidClient(error instanceof Error ? error.message : 'the certificate cannot be read')
  }
}
