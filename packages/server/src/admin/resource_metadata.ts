/** Which authorization server guards the management API: its protected resource metadata, readable without a token. RFC 9728. */
import { isLoopbackHost, type ProtectedResourceMetadata } from '@credence/protocol'
import type { FastifyInstance } from 'fastify'
import { adminAudience, adminScopes } from './admin_scopes.ts'

const resourceMetadataPath = '/.well-known/oauth-protected-resource'

/**
 * The URL of the metadata, as the caller reached this listener; undefined where it is not on this machine.
 *
 * Behind a proxy only the proxy knows its own URL, and a plain http one must not be made up: whoever can change that
 * answer would choose where the caller sends its credential.
 */
export const resourceMetadataUrl = (host: string | undefined): string | undefined => {
  const url = host === undefined ? null : URL.parse(`http://${host}`)
  return url !== null && isLoopbackHost(url.hostname) ? `${url.origin}${resourceMetadataPath}` : undefined
}

/** So that a caller who knows nothing but the management URL learns where to get a token for it. */
export const addResourceMetadataRoute = (app: FastifyInstance, { issuer }: { readonly issuer: string }): void => {
  const metadata: ProtectedResourceMetadata = {
    resource: adminAudience,
    authorization_servers: [issuer],
    scopes_supported: adminScopes,
    bearer_methods_supported: ['header'],
  }
  app.get(resourceMetadataPath, async () => metadata)
}
