/** What the authorization server's metadata say of mutual TLS. RFC 8705 §2.1.1, §2.2.1, §3.3, §5. */
import type { AuthorizationServerMetadata } from '@credence/protocol'

/** How clients can show certificates here. */
export interface MutualTls {
  /** Whether there are authorities whose client certificates are trusted. */
  readonly hasAuthorities: boolean
  /** Where they do, in place of the issuer; undefined: at the same endpoints. */
  readonly url: string | undefined
}

/** The metadata as they are where no certificate is ever asked for. */
export const addMutualTls = (
  document: AuthorizationServerMetadata,
  mutualTls: MutualTls | undefined,
): AuthorizationServerMetadata => {
  if (mutualTls === undefined) return document
  const methods = [...(mutualTls.hasAuthorities ? ['tls_client_auth'] : []), 'self_signed_tls_client_auth']
  const withMethods = (names: readonly string[] = []) => [...names, ...methods]
  return {
    ...document,
    token_endpoint_auth_methods_supported: withMethods(document.token_endpoint_auth_methods_supported),
    introspection_endpoint_auth_methods_supported: withMethods(document.introspection_endpoint_auth_methods_supported),
    revocation_endpoint_auth_methods_supported: withMethods(document.revocation_endpoint_auth_methods_supported),
    tls_client_certificate_bound_access_tokens: true,
    ...(mutualTls.url !== undefined && { mtls_endpoint_aliases: aliasesOf(document, mutualTls.url) }),
  }
}

const aliased = [
  'token_endpoint',
  'introspection_endpoint',
  'revocation_endpoint',
  'credence_credentials_endpoint',
] as const

/** The same paths below another URL. */
const aliasesOf = (document: AuthorizationServerMetadata, url: string): Readonly<Record<string, string>> => {
  const strip = (base: string) => base.replace(/\/$/, '')
  return Object.fromEntries(
    aliased.flatMap((name) => {
      const endpoint = document[name]
      return endpoint === undefined ? [] : [[name, strip(url) + endpoint.slice(strip(document.issuer).length)]]
    }),
  )
}
