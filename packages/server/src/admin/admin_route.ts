/** How a route of the management API is declared: its scope, schemas and handler, from which validation and the OpenAPI document are made. */
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchema,
  HTTPMethods,
  RouteGenericInterface,
} from 'fastify'
import type { AdminScope } from './admin_scopes.ts'
import type { Caller } from './caller.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the management listener before any handler runs. */
    caller: Caller
  }
  interface FastifyContextConfig {
    adminScope?: AdminScope
  }
}

export interface AdminRoute<Route extends RouteGenericInterface> {
  readonly method: HTTPMethods
  /** Below /admin/v1. */
  readonly url: string
  readonly scope: AdminScope
  readonly summary: string
  readonly operationId: string
  readonly schema: Pick<FastifySchema, 'body' | 'params' | 'querystring' | 'headers'>
  /** Status of success and the schema of its body. */
  readonly success: { readonly status: number; readonly description: string; readonly body?: object }
  readonly handler: (request: FastifyRequest<Route>, reply: FastifyReply) => Promise<unknown>
}

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: 'Problem#' } } },
})

export const addAdminRoute = <Route extends RouteGenericInterface>(
  app: FastifyInstance,
  route: AdminRoute<Route>,
): void => {
  const { status, description, body } = route.success
  app.route({
    method: route.method,
    url: route.url,
    config: { adminScope: route.scope },
    schema: {
      ...route.schema,
      summary: route.summary,
      operationId: route.operationId,
      tags: [route.url.split('/', 2)[1] ?? ''],
      security: [{ credence: [route.scope] }],
      response: {
        [status]: {
          description,
          ...(body === undefined ? { type: 'null' } : { content: { 'application/json': { schema: body } } }),
        },
        default: problem('A problem document (RFC 9457) with a stable code'),
      },
    },
    handler: async (request, reply) => {
      reply.code(status)
      // validation against the route's own schemas has made the request what the route says it is
      return route.handler(request as unknown as FastifyRequest<Route>, reply)
    },
  })
}
