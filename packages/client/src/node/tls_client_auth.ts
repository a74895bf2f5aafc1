/** tls_client_auth and self_signed_tls_client_auth on Node, with certificate and key. RFC 8705 §2. */
import type { ClientAuth } from '../client_auth/client_auth.ts'
import { tlsClientAuth as authenticateBy } from '../client_auth/tls_client_auth.ts'
import { type ClientCertificate, createMtlsFetch } from './mtls_fetch.ts'

/**
 * The client's certificate in the TLS connection, for tokens and, as they may be bound to it, for `tokens.fetch` as well.
 *
 * @see RFC 8705 §2, §3
 */
export const tlsClientAuth = (certificate: ClientCertificate): ClientAuth =>
  authenticateBy({ fetch: createMtlsFetch(certificate) })
