/** tls_client_auth and self_signed_tls_client_auth: the certificate of the connection proves who asks. RFC 8705 §2. */
import { type AuthorizationServer, TlsClientAuth } from 'oauth4webapi'
import { type Fetch, nameUrl } from '../requests/bounded_fetch.ts'
import { TokenError } from '../token_error.ts'
import type { ClientAuth } from './client_auth.ts'

/**
 * The client's certificate, presented by a fetch that has it.
 *
 * For runtimes whose fetch takes a certificate (a Workers mTLS binding, Deno's createHttpClient). On Node use the one of
 * `@credence/client/node`, which is given certificate and key.
 *
 * @param fetch used for everything the manager sends, as a bound token needs the same certificate (RFC 8705 §3)
 * @see RFC 8705 §2
 */
export const tlsClientAuth = ({ fetch }: { readonly fetch: Fetch }): ClientAuth => {
  // a function of our own, so that nothing is written to the library's
  const authenticate: ClientAuth = (...request) => TlsClientAuth()(...request)
  return Object.assign(authenticate, { fetch, usesMtlsAliases: true })
}

/**
 * The server with the token endpoint that asks for certificates, where it names one.
 *
 * "a client intending to do mutual TLS (for OAuth client authentication and/or to acquire or use certificate-bound
 * tokens) when making a request directly to the authorization server MUST use the alias URL of the endpoint".
 *
 * @throws {TokenError} `untrusted_endpoint` when the alias is on another origin than the issuer
 * @see RFC 8705 §5
 */
export const withMtlsAlias = (server: AuthorizationServer): AuthorizationServer => {
  const alias = server.mtls_endpoint_aliases?.token_endpoint
  if (alias === undefined) return server
  const url = typeof alias === 'string' ? URL.parse(alias) : null
  if (url === null) throw new TokenError('malformed_response', `the metadata of ${server.issuer} has a bad mTLS alias`)
  if (url.origin !== new URL(server.issuer).origin) {
    throw new TokenError(
      'untrusted_endpoint',
      `the metadata of ${server.issuer} names ${nameUrl(url.href)} for mutual TLS; give it as tokenEndpoint if that is right`,
    )
  }
  return { ...server, token_endpoint: url.href }
}
