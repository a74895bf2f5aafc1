/** The authorization server's description of itself. RFC 8414 §2, §3. */
import { signatureAlgorithms } from '@credence/jwt'
import type { AuthorizationServerMetadata } from '@credence/protocol'
import { clientAuthMethodNames } from '../client_auth/methods.ts'
import { dpopSigningAlgorithms } from '../dpop/dpop_binding.ts'
import type { GrantType } from '../grants/grant_type.ts'
import { introspectionSigningAlgorithm } from '../minting/sign_introspection.ts'

/** Where the public endpoints are. The metadata's own path comes before the issuer's, the others after it. */
export const publicPaths = {
  metadata: '/.well-known/oauth-authorization-server',
  jwks: '/.well-known/jwks.json',
  token: '/oauth/token',
  introspect: '/oauth/introspect',
  revoke: '/oauth/revoke',
  revocations: '/oauth/revocations',
  credentials: '/oauth/credentials',
} as const

/** The URL of a public endpoint. */
export const endpointUrl = (issuer: string, path: string): string => `${issuer.replace(/\/$/, '')}${path}`

/** @see RFC 8414 §2 */
export const createMetadata = (issuer: string, grants: readonly GrantType[]): AuthorizationServerMetadata => ({
  issuer,
  token_endpoint: endpointUrl(issuer, publicPaths.token),
  jwks_uri: endpointUrl(issuer, publicPaths.jwks),
  grant_types_supported: grants.map((grant) => grant.name),
  token_endpoint_auth_methods_supported: clientAuthMethodNames,
  token_endpoint_auth_signing_alg_values_supported: signatureAlgorithms,
  introspection_endpoint: endpointUrl(issuer, publicPaths.introspect),
  introspection_endpoint_auth_methods_supported: clientAuthMethodNames,
  introspection_endpoint_auth_signing_alg_values_supported: signatureAlgorithms,
  introspection_signing_alg_values_supported: [introspectionSigningAlgorithm],
  revocation_endpoint: endpointUrl(issuer, publicPaths.revoke),
  revocation_endpoint_auth_methods_supported: clientAuthMethodNames,
  revocation_endpoint_auth_signing_alg_values_supported: signatureAlgorithms,
  dpop_signing_alg_values_supported: dpopSigningAlgorithms,
  // RFC 8414 §2: "Additional authorization server metadata parameters MAY also be used"; no standard has a name for this one
  credence_credentials_endpoint: endpointUrl(issuer, publicPaths.credentials),
  // no response_types_supported: there is no authorization endpoint, and §3.2 says "Claims with zero elements MUST be omitted"
})
