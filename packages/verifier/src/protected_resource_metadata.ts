/** The document by which a protected resource says which issuers, scopes and kinds of token it takes. RFC 9728 §2 and §3. */
import { isScopeToken, type ProtectedResourceMetadata } from '@credence/protocol'

/** What the document says beyond what follows from the other options. An empty object will do. */
export interface ResourceMetadataOptions {
  /** The scopes that somebody may need here. */
  readonly scopesSupported?: readonly string[]
  /** For people. */
  readonly resourceName?: string
  /** A page for developers, a URL. */
  readonly resourceDocumentation?: string
  /** A URL. */
  readonly resourcePolicyUri?: string
  /** A URL. */
  readonly resourceTosUri?: string
}

/** The document, in wire names. */
export interface ResourceMetadata extends ProtectedResourceMetadata {
  readonly resource_name?: string
  readonly resource_documentation?: string
  readonly resource_policy_uri?: string
  readonly resource_tos_uri?: string
  readonly tls_client_certificate_bound_access_tokens?: boolean
  readonly dpop_signing_alg_values_supported?: readonly string[]
  readonly dpop_bound_access_tokens_required?: boolean
}

/** The options of a resource server that the document follows from. */
export interface DescribedResource {
  readonly resource: string
  readonly issuers: readonly { readonly issuer: string }[]
  readonly metadata?: ResourceMetadataOptions
  readonly mutualTls?: object
  readonly requireBoundTokens?: boolean
}

/**
 * Where the document is: the well-known path goes between the host and the resource's own path and query.
 *
 * @throws {TypeError} when the resource is not an http or https URL, which is what can have such a document.
 * @see RFC 9728 §3.1
 */
export const resourceMetadataUrl = (resource: string): string => {
  const url = URL.parse(resource)
  if (url === null || !/^https?:$/.test(url.protocol) || url.hash !== '') {
    throw new TypeError(`resource must be an https URL without fragment to have metadata: ${resource}`)
  }
  // "any terminating slash (/) following the host component MUST be removed before inserting"
  return `${url.origin}/.well-known/oauth-protected-resource${url.pathname === '/' ? '' : url.pathname}${url.search}`
}

/**
 * Makes the document. It is not signed: there is no `signed_metadata`.
 *
 * @param dpopAlgorithms what DPoP proofs may be signed with; none where no DPoP-bound token is accepted
 * @throws {TypeError} when a scope or a URL is not one.
 * @see RFC 9728 §2
 */
export const createResourceMetadata = (
  { resource, issuers, metadata = {}, mutualTls, requireBoundTokens = false }: DescribedResource,
  dpopAlgorithms: readonly string[],
): ResourceMetadata => {
  const { scopesSupported = [], resourceName, resourceDocumentation, resourcePolicyUri, resourceTosUri } = metadata
  if (!scopesSupported.every(isScopeToken)) throw new TypeError('metadata.scopesSupported must be scope tokens')
  for (const link of [resourceDocumentation, resourcePolicyUri, resourceTosUri]) {
    if (link !== undefined && !URL.canParse(link)) throw new TypeError(`metadata: not a URL: ${link}`)
  }
  // "Claims with zero elements MUST be omitted from the response"
  return Object.freeze({
    resource,
    authorization_servers: issuers.map(({ issuer }) => issuer),
    bearer_methods_supported: ['header'],
    ...(scopesSupported.length > 0 && { scopes_supported: [...scopesSupported] }),
    ...(resourceName !== undefined && { resource_name: resourceName }),
    ...(resourceDocumentation !== undefined && { resource_documentation: resourceDocumentation }),
    ...(resourcePolicyUri !== undefined && { resource_policy_uri: resourcePolicyUri }),
    ...(resourceTosUri !== undefined && { resource_tos_uri: resourceTosUri }),
    ...(mutualTls !== undefined && { tls_client_certificate_bound_access_tokens: true }),
    ...(dpopAlgorithms.length > 0 && { dpop_signing_alg_values_supported: [...dpopAlgorithms] }),
    // "always requires the use of DPoP-bound access tokens", which it does not where a certificate will do
    ...(requireBoundTokens && mutualTls === undefined && { dpop_bound_access_tokens_required: true }),
  })
}
