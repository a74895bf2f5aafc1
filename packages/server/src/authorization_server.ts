/** The authorization server without its listeners: the parts that a token request and a management request pass through. */
import type { IncomingMessage } from 'node:http'
import type { Clock, Randomness } from '@credence/protocol'
import type { Change, Storage } from '@credence/storage'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { ensureAdminApi } from './admin/admin_scopes.ts'
import { createAuthenticateCaller } from './admin/authenticate_caller.ts'
import { createManagementApp } from './admin/management_app.ts'
import { createPageCursors } from './admin/page_cursor.ts'
import { createAuthenticateClient } from './client_auth/authenticate_client.ts'
import { checkClientSecret } from './client_auth/check_client_secret.ts'
import { createSecretDigester } from './client_auth/client_secret.ts'
import { createCredentialUseRecorder } from './client_auth/credential_uses.ts'
import { followChanges } from './directory/change_follower.ts'
import { createDirectory } from './directory/directory.ts'
import { createMetadata, endpointUrl, publicPaths } from './endpoints/metadata.ts'
import { createTokenEndpoint } from './endpoints/token.ts'
import { createClientCredentials } from './grants/client_credentials.ts'
import type { RequestHandler } from './http/http_server.ts'
import { createPublicHandler } from './http/public_handler.ts'
import { createKeyRing } from './key_material/key_ring.ts'
import type { Sealer } from './key_material/sealing.ts'
import { loadServerKeys } from './key_material/server_keys.ts'
import { createMetrics } from './metrics.ts'
import { createIssue } from './minting/issue.ts'
import { createSigningQueue } from './minting/signing_queue.ts'
import { version } from './version.ts'

export interface AuthorizationServerDeps {
  readonly issuer: string
  readonly storage: Storage
  readonly sealer: Sealer
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
  readonly directorySize: number
  readonly isLocal: (request: IncomingMessage) => boolean
}

export interface AuthorizationServer {
  readonly handlePublicRequest: RequestHandler
  readonly managementApp: FastifyInstance
  /** From now on /health/ready says no. */
  startDraining(): void
  /** Writes what is kept in memory and stops what runs in the background. */
  close(): Promise<void>
}

/** A change made by another replica is seen within this time; last uses are written this often. Milliseconds. */
const followIntervalMs = 2_000
const flushIntervalMs = 10_000

/** More signatures than this waiting at once are refused with 503. */
const signingQueueCapacity = 2_000
const usesCapacity = 100_000

export const createAuthorizationServer = async (deps: AuthorizationServerDeps): Promise<AuthorizationServer> => {
  const { issuer, storage, clock, randomness, logger } = deps
  const serverKeys = await loadServerKeys(storage.sealedKeys, deps.sealer, deps)
  const keyRing = await createKeyRing({ store: storage.signingKeys, sealer: deps.sealer, clock })
  await keyRing.signerFor('ES256')
  await ensureAdminApi(storage, deps)

  const directory = createDirectory(storage, deps.directorySize)
  const digester = createSecretDigester(serverKeys.client_secret_pepper)
  const uses = createCredentialUseRecorder({ store: storage.credentials, clock, capacity: usesCapacity })
  const metrics = createMetrics(() => directory.size)
  const logFailure = (what: string) => (error: unknown) => logger.error({ err: error }, what)

  const follower = await followChanges(storage.changes, {
    intervalMs: followIntervalMs,
    apply: (change: Change) => (change.subject === 'signing_key' ? keyRing.reload() : directory.apply(change)),
    reset: () => {
      directory.clear()
      return keyRing.reload()
    },
    onError: logFailure('the change log could not be read'),
  })
  const flushTimer = setInterval(
    () => uses.flush().catch(logFailure('last uses could not be written')),
    flushIntervalMs,
  )
  flushTimer.unref()

  const grants = [createClientCredentials(directory)]
  const tokenEndpoint = createTokenEndpoint({
    authenticateClient: createAuthenticateClient({
      check: (presented) => checkClientSecret(presented, { directory, digester, clock }),
      uses,
      clock,
    }),
    grants,
    issue: createIssue({ issuer, keyRing, queue: createSigningQueue(signingQueueCapacity), clock, randomness }),
  })

  const metadata = createMetadata(issuer, grants)
  const handlePublicRequest = createPublicHandler({
    issuerPath: new URL(issuer).pathname,
    tokenEndpoint: metrics.countTokenRequests(tokenEndpoint),
    metadata: () => metadata,
    keySet: keyRing.document,
    logger,
  })

  let draining = false
  const managementApp = await createManagementApp({
    storage,
    digester,
    cursors: createPageCursors(serverKeys.page_cursor),
    clock,
    randomness,
    server: { issuer, token_endpoint: endpointUrl(issuer, publicPaths.token), version },
    authenticateCaller: createAuthenticateCaller({
      issuer,
      keys: keyRing.keys,
      clock,
      directory,
      isLocal: deps.isLocal,
    }),
    catchUp: follower.catchUp,
    health: { notReadyBecause: async () => (draining ? 'draining' : await reachable(storage)) },
    metrics,
    logger,
  })

  return {
    handlePublicRequest,
    managementApp,
    startDraining() {
      draining = true
    },
    async close() {
      follower.stop()
      clearInterval(flushTimer)
      await uses.flush().catch(logFailure('last uses could not be written'))
      await managementApp.close()
    },
  }
}

const reachable = async (storage: Storage): Promise<string | undefined> => {
  try {
    await storage.ping()
    return undefined
  } catch {
    return 'the store does not answer'
  }
}
