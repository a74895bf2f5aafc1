/** The public side put together: the token path and the endpoints beside it, under the metadata that announces them. RFC 6749 §3.2, RFC 8414. */
import type { Clock, Randomness } from '@credence/protocol'
import type { Storage } from '@credence/storage'
import type { Logger } from 'pino'
import type { AuditService } from './audit/audit_service.ts'
import { observeRefusedTokens } from './audit/refused_tokens.ts'
import { addMutualTls, type MutualTls } from './client_auth/certificates/client_certificate_metadata.ts'
import type { CredentialUseRecorder } from './client_auth/credential_uses.ts'
import type { SecretDigester } from './client_auth/secrets/client_secret.ts'
import type { ClientSecretSealer } from './client_auth/secrets/sealed_client_secret.ts'
import { createCredentialsEndpoint } from './endpoints/credentials.ts'
import { createMetadata, publicPaths } from './endpoints/metadata.ts'
import { createTokenEndpoint } from './endpoints/token.ts'
import type { RequestHandler } from './http/http_server.ts'
import { createPublicHandler, type Route } from './http/public_handler.ts'
import { createRequestObserver } from './http/request_observer.ts'
import type { RequestOrigin } from './http/trusted_proxies.ts'
import type { KeyRing } from './key_material/key_ring.ts'
import type { Limits } from './limits/limits.ts'
import type { Metrics } from './metrics/metrics.ts'
import { createReplaceCredential } from './rotation/replace_credential.ts'
import type { TokenPath } from './token_path.ts'
import type { Tracing } from './tracing/tracing.ts'

export interface PublicEndpointsDeps {
  readonly issuer: string
  readonly origin: RequestOrigin
  readonly mutualTls: MutualTls | undefined
  readonly tokenPath: TokenPath
  /** Endpoints beside the token endpoint and that for credentials. */
  readonly routes: readonly Route[]
  readonly storage: Storage
  readonly keyRing: KeyRing
  readonly digester: SecretDigester
  readonly clientSecrets: ClientSecretSealer
  readonly uses: CredentialUseRecorder
  readonly limits: Limits
  readonly audit: AuditService
  readonly tracing: Tracing
  readonly metrics: Metrics
  readonly catchUp: () => Promise<void>
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
}

export const createPublicEndpoints = (deps: PublicEndpointsDeps): RequestHandler => {
  const { issuer, tokenPath, audit, limits, metrics, clock, logger } = deps
  const { rules, grants, authenticateClient, steps } = tokenPath
  const metadata = rules.metadata(addMutualTls(createMetadata(issuer, grants), deps.mutualTls))
  const observe = createRequestObserver({ metrics, grantTypes: grants.map(({ name }) => name), clock, logger })
  return createPublicHandler({
    ...deps,
    issuerPath: new URL(issuer).pathname,
    tokenEndpoint: deps.tracing.endpoint(publicPaths.token, createTokenEndpoint(steps)),
    credentialsEndpoint: createCredentialsEndpoint({
      authenticateClient,
      replaceCredential: createReplaceCredential(deps),
    }),
    metadata: () => metadata,
    keySet: deps.keyRing.document,
    gate: limits.gate,
    observe: observeRefusedTokens(observe, audit.noteRefusedToken),
  })
}
