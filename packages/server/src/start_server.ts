/** Starts the authorization server as a process sees it: data folder, master key, store, listeners, and the way back out. */

import type { IncomingMessage } from 'node:http'
import { type Clock, isLoopbackHost, type Randomness, systemClock, systemRandomness } from '@credence/protocol'
import { openStorage } from '@credence/storage'
import { type DestinationStream, destination } from 'pino'
import { createAuthorizationServer } from './authorization_server.ts'
import type { Configuration } from './configuration/configuration.ts'
import { ConfigurationError } from './configuration/configuration_error.ts'
import { checkNoInterruptedRestore, databaseOf } from './configuration/database_location.ts'
import { makeDataFolder } from './data_folder.ts'
import type { DeclarativeState } from './declarative/reconciler.ts'
import { type HttpServer, type ListenAddress, listen } from './http/http_server.ts'
import type { TlsListenerOptions } from './http/tls_listener.ts'
import { openListenerSettings } from './http/tls_listener_settings.ts'
import { loadMasterKeys } from './key_material/master_key.ts'
import { explainWrongKey, UnsealError } from './key_material/sealing.ts'
import type { OpenSigner } from './key_material/signing_key.ts'
import { createSealing } from './key_material/start_signing_keys.ts'
import { clearStaleSocket, localSocketPath } from './local_socket.ts'
import { createLogger } from './logging/create_logger.ts'
import { profileOf } from './profiles/profiles.ts'
import { version } from './version.ts'

export interface RunningServer {
  readonly issuer: string
  readonly publicUrl: string
  /** Undefined when management over TCP is off. */
  readonly managementUrl: string | undefined
  readonly socketPath: string
  /** How the server and its declarative source stand to each other; undefined where none is configured. */
  readonly declarativeState: DeclarativeState | undefined
  /** Drains: nothing under way is cut for {@link drainGraceMs}. */
  close(): Promise<void>
}

export interface StartServerOptions {
  readonly clock?: Clock
  readonly randomness?: Randomness
  /** Where the log goes; standard error unless given. */
  readonly logTo?: DestinationStream
  /** What signs in place of private keys in this process. */
  readonly openSigner?: OpenSigner
}

const drainGraceMs = 25_000

/**
 * Starts the server. Resolves when it answers.
 *
 * @throws {ConfigurationError} when what it was told cannot work; every listener and file it opened is closed again.
 */
export const startServer = async (
  configuration: Configuration,
  {
    clock = systemClock,
    randomness = systemRandomness,
    logTo = destination({ dest: 2, sync: true }),
    openSigner,
  }: StartServerOptions = {},
): Promise<RunningServer> => {
  await using opened = new AsyncDisposableStack()
  const logger = createLogger(configuration.logLevel, logTo)
  await makeDataFolder(configuration.data)
  const mayCreate = [configuration.host, configuration.managementHost].every(isLoopbackHost)
  const masterKeys = await loadMasterKeys(configuration, { mayCreate, randomness })
  const socketPath = localSocketPath(configuration.data)
  await clearStaleSocket(socketPath)
  const database = databaseOf(configuration)
  checkNoInterruptedRestore(database)
  const storage = await openStorage({ database, clock })
  opened.defer(() => storage.close())

  const listeners = openListenerSettings(configuration, { clock, logger })
  opened.defer(listeners.stop)
  const listenHttp = async (address: ListenAddress, tls?: TlsListenerOptions): Promise<HttpServer> => {
    const server = await listen(address, tls).catch((error) => {
      throw new ConfigurationError([explainListenError(address, error)], { cause: error })
    })
    opened.defer(() => server.drain(drainGraceMs))
    return server
  }
  const localListener = await listenHttp({ socketPath })
  const publicListener = await listenHttp({ host: configuration.host, port: configuration.port }, listeners.publicTls)
  const mtlsListener =
    listeners.mtls && (await listenHttp({ host: configuration.host, port: listeners.mtls.port }, listeners.mtls.tls))
  const managementListener =
    configuration.managementPort === 'off'
      ? undefined
      : await listenHttp({ host: configuration.managementHost, port: configuration.managementPort })

  const publicUrl = urlOf(configuration.host, publicListener, listeners.publicTls === undefined ? 'http' : 'https')
  const issuer = configuration.issuer ?? publicUrl
  const localRequests = new WeakSet<IncomingMessage>()
  const server = await createAuthorizationServer({
    issuer,
    storage,
    sealing: createSealing(masterKeys, randomness),
    signingKeys: { rotationDays: configuration.signingKeyRotationDays, openSigner },
    clock,
    randomness,
    logger,
    directorySize: configuration.directorySize,
    limits: configuration,
    usageDays: configuration.usageDays,
    allowPrivateAddresses: configuration.allowPrivateAddresses === 'on',
    requireDpopNonce: configuration.dpopNonce === 'required',
    profile: profileOf(configuration.profile),
    declarative: { source: configuration.declarative, prune: configuration.declarativePrune === 'on' },
    audit: {
      sinks: configuration.auditSink ?? [],
      webhookSecret: configuration.auditWebhookSecret,
      issuance: configuration.auditIssuance === 'each',
    },
    isLocal: (request) => localRequests.has(request),
    origin: listeners.origin,
    mutualTls: listeners.mutualTls(issuer, mtlsListener?.port),
  }).catch((error) => {
    throw error instanceof UnsealError ? new ConfigurationError([explainWrongKey], { cause: error }) : error
  })

  publicListener.serve(server.handlePublicRequest)
  mtlsListener?.serve(server.handlePublicRequest)
  managementListener?.serve((request, response) => server.managementApp.routing(request, response))
  localListener.serve((request, response) => {
    localRequests.add(request)
    server.managementApp.routing(request, response)
  })

  logger.info({ version, issuer, public_url: publicUrl }, 'started')
  const resources = opened.move()
  return {
    issuer,
    publicUrl,
    managementUrl: managementListener && urlOf(configuration.managementHost, managementListener, 'http'),
    socketPath,
    get declarativeState() {
      return server.declarativeState
    },
    async close() {
      logger.info('draining')
      server.startDraining()
      await Promise.all(
        [publicListener, mtlsListener, managementListener, localListener].map((listener) =>
          listener?.drain(drainGraceMs),
        ),
      )
      await server.close()
      await resources.disposeAsync()
      logger.info('stopped')
    },
  }
}

const urlOf = (host: string, { port }: HttpServer, scheme: 'http' | 'https'): string =>
  `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`

const explainListenError = (address: ListenAddress, error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const where = 'socketPath' in address ? address.socketPath : `${address.host}:${address.port}`
  if (code === 'EADDRINUSE') return `${where} is in use by another process; choose another port`
  return `cannot listen on ${where}: ${error instanceof Error ? error.message : error}`
}
