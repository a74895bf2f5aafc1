/** The management application: the admin API with its OpenAPI document, metrics and health. Served over TCP and the local socket. */
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { addDeclarativeRoutes } from '../declarative/routes.ts'
import { correlation, observeManagement } from '../logging/observe_management.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { AdminDeps } from './admin_deps.ts'
import { answerProblem, answerUnreadablePath } from './answer_problem.ts'
import { addApiRoutes } from './apis.ts'
import { addAuditRoutes } from './audit_events.ts'
import type { AuthenticateCaller } from './authenticate_caller.ts'
import { addBackupRoute } from './backup.ts'
import { checkScope } from './caller.ts'
import { addClientRoutes } from './clients.ts'
import { addCredentialRoutes } from './credentials.ts'
import { addExplainRoute } from './explain.ts'
import { addFindingRoutes } from './findings.ts'
import { addGrantRoutes } from './grants.ts'
import { addHealthRoutes, type Health } from './health.ts'
import { createOpenApi } from './openapi.ts'
import { Problem } from './problem.ts'
import { addResourceMetadataRoute } from './resource_metadata.ts'
import { addRevocationRoutes } from './revocations.ts'
import { addServerInfoRoute } from './server_info.ts'
import { addSigningKeyRoutes } from './signing_keys.ts'
import { addUsageRoutes } from './usage.ts'
import { createValidatorCompiler } from './validation.ts'

export interface ManagementAppDeps extends AdminDeps {
  readonly authenticateCaller: AuthenticateCaller
  /** Brings what was changed into force here. Awaited before a change is answered. */
  readonly catchUp: () => Promise<void>
  readonly health: Health
  readonly metrics: Metrics
  readonly logger: FastifyBaseLogger
}

const bodyLimit = 256 * 1024
const maxParamLength = 2048

export const createManagementApp = async (deps: ManagementAppDeps): Promise<FastifyInstance> => {
  const app = Fastify({
    loggerInstance: deps.logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    ...correlation(deps.randomness),
    frameworkErrors: answerUnreadablePath,
    bodyLimit,
    routerOptions: { maxParamLength },
  })
  app.setValidatorCompiler(createValidatorCompiler())
  app.setSerializerCompiler(() => JSON.stringify)
  app.setErrorHandler(answerProblem)

  observeManagement(app, deps.metrics)
  addHealthRoutes(app, deps.health)
  addResourceMetadataRoute(app, deps.server)
  await app.register(async (guarded) => addGuardedRoutes(guarded, deps))
  await app.ready()
  return app
}

/** Everything but health and the resource metadata: who calls is established before anything else is looked at, unknown paths included. */
const addGuardedRoutes = async (app: FastifyInstance, deps: ManagementAppDeps): Promise<void> => {
  app.decorateRequest('caller')
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store')
    request.caller = await deps.authenticateCaller(request.raw)
    const { adminScope } = request.routeOptions.config
    if (adminScope !== undefined) checkScope(request.caller, adminScope)
  })
  app.addHook('onSend', async (request, reply) => {
    if (request.method !== 'GET' && request.method !== 'HEAD' && reply.statusCode < 300) await deps.catchUp()
  })
  app.setNotFoundHandler(() => {
    throw new Problem('not_found', 'no such path or method')
  })

  const openApi = createOpenApi(deps.server)
  app.addHook('onRoute', (route) => openApi.add(route))
  await app.register(
    async (admin) => {
      addServerInfoRoute(admin, deps)
      addAuditRoutes(admin, deps)
      addBackupRoute(admin, deps)
      addApiRoutes(admin, deps)
      addClientRoutes(admin, deps)
      addCredentialRoutes(admin, deps)
      addGrantRoutes(admin, deps)
      addUsageRoutes(admin, deps)
      addFindingRoutes(admin, deps)
      addExplainRoute(admin, deps)
      addRevocationRoutes(admin, deps)
      addDeclarativeRoutes(admin, deps)
      addSigningKeyRoutes(admin, deps)
      admin.get('/openapi.json', async () => openApi.document())
    },
    { prefix: '/admin/v1' },
  )
  app.get('/metrics', { config: { adminScope: 'admin:server:read' } }, async (_request, reply) => {
    const { contentType, text } = await deps.metrics.expose()
    reply.header('content-type', contentType)
    return text
  })
}
