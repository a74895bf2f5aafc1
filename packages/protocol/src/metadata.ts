/** The documents by which an authorization server and a protected resource describe themselves. RFC 8414 §2, RFC 9728 §2. */

/** RFC 8414 §2, the members that Credence publishes or reads. Wire names. */
export interface AuthorizationServerMetadata {
  readonly issuer: string
  readonly token_endpoint: string
  readonly jwks_uri: string
  readonly scopes_supported?: readonly string[]
  /** REQUIRED by §2, and absent where there is no authorization endpoint: "Claims with zero elements MUST be omitted" (§3.2). */
  readonly response_types_supported?: readonly string[]
  readonly grant_types_supported: readonly string[]
  readonly token_endpoint_auth_methods_supported: readonly string[]
  readonly token_endpoint_auth_signing_alg_values_supported?: readonly string[]
  readonly introspection_endpoint?: string
  readonly introspection_endpoint_auth_methods_supported?: readonly string[]
  readonly introspection_endpoint_auth_signing_alg_values_supported?: readonly string[]
  /** RFC 9701 §7. */
  readonly introspection_signing_alg_values_supported?: readonly string[]
  readonly revocation_endpoint?: string
  readonly revocation_endpoint_auth_methods_supported?: readonly string[]
  readonly revocation_endpoint_auth_signing_alg_values_supported?: readonly string[]
  /** RFC 9449 §5.1. */
  readonly dpop_signing_alg_values_supported?: readonly string[]
  /** RFC 8705 §3.3. */
  readonly tls_client_certificate_bound_access_tokens?: boolean
  /** RFC 8705 §5: where to go with a certificate, by the name of the endpoint. */
  readonly mtls_endpoint_aliases?: Readonly<Record<string, string>>
  readonly service_documentation?: string
  /** Credence's own: where a client replaces its own credential. */
  readonly credence_credentials_endpoint?: string
}

/** RFC 9728 §2, the members that Credence publishes or reads. Wire names. */
export interface ProtectedResourceMetadata {
  readonly resource: string
  readonly authorization_servers: readonly string[]
  readonly scopes_supported?: readonly string[]
  readonly bearer_methods_supported?: readonly string[]
}
