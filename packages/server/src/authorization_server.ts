/** The authorization server without its listeners: the parts that a token request and a management request pass through. */
import type { IncomingMessage } from 'node:http'
import type { Clock, Randomness } from '@credence/protocol'
import type { Change, Storage } from '@credence/storage'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { ensureAdminApi } from './admin/admin_scopes.ts'
import { createAdminister } from './admin/administer.ts'
import { createAuthenticateCaller } from './admin/authenticate_caller.ts'
import { createManagementApp } from './admin/management_app.ts'
import { createPageCursors } from './admin/page_cursor.ts'
import { createVerifyAdminToken } from './admin/verify_admin_token.ts'
import { type AuditSettings, startAuditService } from './audit/audit_service.ts'
import type { MutualTls } from './client_auth/certificates/client_certificate_metadata.ts'
import { createCredentialUseRecorder } from './client_auth/credential_uses.ts'
import { createSecretDigester } from './client_auth/secrets/client_secret.ts'
import { createClientSecretSealer } from './client_auth/secrets/sealed_client_secret.ts'
import type { DeclarativeState } from './declarative/reconciler.ts'
import { type DeclarativeOptions, startDeclarative } from './declarative/start_declarative.ts'
import { followChanges } from './directory/change_follower.ts'
import { createDirectory } from './directory/directory.ts'
import { endpointUrl, publicPaths } from './endpoints/metadata.ts'
import { createExplain } from './explain/explain_request.ts'
import { createFindings } from './findings/findings.ts'
import type { RequestHandler } from './http/http_server.ts'
import type { RequestOrigin } from './http/trusted_proxies.ts'
import { loadOpaqueTokenKeys } from './key_material/opaque_token_keys.ts'
import { loadServerKeys } from './key_material/server_keys.ts'
import { type Sealing, type SigningKeySettings, startSigningKeys } from './key_material/start_signing_keys.ts'
import { createLimits, type LimitSettings } from './limits/limits.ts'
import { createMetrics } from './metrics/metrics.ts'
import { observeStorage } from './metrics/observed_storage.ts'
import {
  registerAudit,
  registerBuildInfo,
  registerChangeFeed,
  registerDirectory,
  registerRevocations,
  registerSigningKeys,
  registerSigningQueue,
} from './metrics/server_metrics.ts'
import { createOpaqueTokens } from './minting/opaque_token.ts'
import { createSigningQueue } from './minting/signing_queue.ts'
import { warnOfContradictions } from './profiles/contradictions.ts'
import type { Profile } from './profiles/profile.ts'
import { createPublicEndpoints } from './public_endpoints.ts'
import { createRevocations } from './revocation/revocations.ts'
import { createTokenPath } from './token_path.ts'
import { createTracing } from './tracing/tracing.ts'
import { keepUsage } from './usage/usage_keeping.ts'
import { registerUsage } from './usage/usage_metrics.ts'
import { version } from './version.ts'

export interface AuthorizationServerDeps {
  readonly issuer: string
  readonly storage: Storage
  readonly sealing: Sealing
  readonly signingKeys: SigningKeySettings
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
  readonly directorySize: number
  readonly limits: LimitSettings
  readonly usageDays: number
  /** Whether every DPoP proof must have a nonce. */
  readonly requireDpopNonce: boolean
  readonly profile: Profile | undefined
  /** Whether a jwks_uri may be on loopback or in a private network. */
  readonly allowPrivateAddresses: boolean
  readonly audit: AuditSettings
  readonly declarative: DeclarativeOptions
  readonly isLocal: (request: IncomingMessage) => boolean
  readonly origin: RequestOrigin
  /** Undefined: no certificate is ever asked for. */
  readonly mutualTls: MutualTls | undefined
}

export interface AuthorizationServer {
  readonly handlePublicRequest: RequestHandler
  readonly managementApp: FastifyInstance
  /** Undefined where no declarative source is configured. */
  readonly declarativeState: DeclarativeState | undefined
  /** From now on /health/ready says no. */
  startDraining(): void
  /** Writes what is kept in memory and stops what runs in the background. */
  close(): Promise<void>
}

/** A change made by another replica is seen within this time, whatever becomes of the notice; last uses are written this often. Milliseconds. */
const followIntervalMs = 2_000
const flushIntervalMs = 10_000

/** So many are signed at once even before their turn ends: more together is no faster (benchmarks/turn_wise.md). */
const signedTogether = 256
const usesCapacity = 100_000

export const createAuthorizationServer = async (deps: AuthorizationServerDeps): Promise<AuthorizationServer> => {
  const { issuer, allowPrivateAddresses, clock, randomness, logger } = deps
  const logFailure = (what: string) => (error: unknown) => logger.error({ err: error }, what)
  const metrics = createMetrics(logFailure('a metric could not be read'))
  const storage = observeStorage(deps.storage, clock, metrics)
  const tracing = await createTracing()
  const serverKeys = await loadServerKeys(storage.sealedKeys, deps.sealing.sealer, deps)
  await ensureAdminApi(storage, deps)

  const audit = await startAuditService({
    ...{ storage, clock, seed: serverKeys.audit_checkpoint, settings: deps.audit, start: { issuer, version } },
    onError: logFailure,
  })
  const signingKeys = await startSigningKeys({ ...deps, storage, audit, settings: deps.signingKeys })
  const keyRing = signingKeys.ring

  const directory = createDirectory(storage, deps.directorySize)
  const digester = createSecretDigester(serverKeys.client_secret_pepper)
  const uses = createCredentialUseRecorder({ store: storage.credentials, clock, capacity: usesCapacity })
  const queue = createSigningQueue(signedTogether)
  registerBuildInfo(metrics, { version, node_version: process.versions.node, dialect: storage.dialect })
  registerDirectory(metrics, directory, deps.directorySize)
  registerSigningQueue(metrics, queue)
  registerSigningKeys(metrics, keyRing)
  registerAudit(metrics, audit)

  const opaqueTokenKeys = { ...deps, store: storage.sealedKeys, sealer: deps.sealing.sealer }
  const opaqueTokens = createOpaqueTokens({
    keys: await loadOpaqueTokenKeys(opaqueTokenKeys),
    reload: () => loadOpaqueTokenKeys(opaqueTokenKeys),
    clock,
    randomness,
  })
  const feedKey = serverKeys.revocation_feed
  const revocations = await createRevocations({
    ...{ issuer, storage, keyRing, opaqueTokens, feedKey, clock },
    onError: logFailure,
  })
  registerRevocations(metrics, revocations)

  const follower = await followChanges(storage.changes, {
    intervalMs: followIntervalMs,
    apply: async (change: Change) => {
      directory.apply(change)
      await revocations.apply(change)
      if (change.subject === 'signing_key') await keyRing.reload()
    },
    reset: async () => {
      directory.clear()
      await revocations.reset()
      await keyRing.reload()
    },
    onCaughtUp: registerChangeFeed(metrics, clock),
    onError: logFailure('the change log could not be read'),
    watch: storage.watchChanges,
  })
  const flushTimer = setInterval(
    () => uses.flush().catch(logFailure('last uses could not be written')),
    flushIntervalMs,
  )
  flushTimer.unref()

  const usage = keepUsage({ storage, clock, days: deps.usageDays, onError: logFailure })
  const limits = createLimits({ settings: deps.limits, clients: deps.directorySize, usage, metrics, clock })
  const findings = createFindings({ storage, clock, flush: () => Promise.all([uses.flush(), usage.flush()]) })
  registerUsage(metrics, usage, findings)

  const clientSecrets = createClientSecretSealer(serverKeys.client_secret_sealing, randomness)
  const tokenPath = await createTokenPath({
    ...{ ...deps, storage, directory, digester, clientSecrets, keyRing, opaqueTokens, queue },
    ...{ uses, usage, limits, audit, tracing, metrics, onError: logFailure },
    dpopNonceKey: serverKeys.dpop_nonce,
  })

  const verifyAdminToken = createVerifyAdminToken({
    ...{ issuer, keys: keyRing.keys, clock, directory },
    isDenied: revocations.live.isDenied,
  })
  const routes = await revocations.start({
    ...{ authenticateClient: tokenPath.authenticateClient, verifyAdminToken, directory, audit },
    catchUp: follower.catchUp,
  })

  const handlePublicRequest = createPublicEndpoints({
    ...{ ...deps, storage, tokenPath, routes, keyRing, digester, clientSecrets },
    ...{ uses, limits, audit, tracing, metrics, catchUp: follower.catchUp },
  })

  if (deps.profile !== undefined) await warnOfContradictions(storage, deps.profile, { clock, logger })

  const declarative = await startDeclarative({ ...deps, storage, audit, metrics, catchUp: follower.catchUp })

  let draining = false
  const managementApp = await createManagementApp({
    storage,
    administer: createAdminister({ audit }),
    applyDeclaration: declarative.applyDeclaration,
    auditKey: audit.key,
    sealer: deps.sealing.sealer,
    digester,
    clientSecrets,
    allowPrivateAddresses,
    flushUses: uses.flush,
    flushUsage: usage.flush,
    findings,
    explain: createExplain({ directory, grant: tokenPath.clientCredentials, rules: tokenPath.rules, clock }),
    cursors: createPageCursors(serverKeys.page_cursor),
    clock,
    randomness,
    server: { issuer, token_endpoint: endpointUrl(issuer, publicPaths.token), version },
    readIssuedToken: revocations.readIssuedToken,
    liveRevocations: revocations.live,
    authenticateCaller: createAuthenticateCaller({ verifyAdminToken, isLocal: deps.isLocal }),
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
      revocations.endStreams()
    },
    get declarativeState() {
      return declarative.state
    },
    async close() {
      await declarative.stop()
      follower.stop()
      revocations.stop()
      tokenPath.stop()
      await signingKeys.stop()
      clearInterval(flushTimer)
      await uses.flush().catch(logFailure('last uses could not be written'))
      await usage.close()
      await managementApp.close()
      await audit.close()
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
