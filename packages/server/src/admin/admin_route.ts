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
import type { Operation } from './openapi.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the management listener before any handler runs. */
    caller: Caller
  }
  interface FastifyContextConfig {
    adminScope?: AdminScope
    operation?: Operation
  }
}

export interface AdminRoute<Route extends RouteGenericInterface> extends Operation {
  readonly method: HTTPMethods
  /** Below /admin/v1. */
  readonly url: string
  readonly scope: AdminScope
  readonly schema: Pick<FastifySchema, 'body' | 'params' | 'querystring'>
  /** Bytes; that of the management application unless given. */
  readonly bodyLimit?: number
  readonly handler: (request: FastifyRequest<Route>, reply: FastifyReply) => Promise<unknown>
}

export const addAdminRoute = <Route extends RouteGenericInterface>(
  app: FastifyInstance,
  { method, url, schema, bodyLimit, handler, ...operation }: AdminRoute<Route>,
): void => {
  app.route({
    method,
    url,
    schema,
    ...(bodyLimit !== undefined && { bodyLimit }),
    config: { adminScope: operation.scope, operation },
    handler: async (request, reply) => {
      reply.code(operation.success.status)
      // validation against the route's own schemas has made the request what the route says it is
      return handler(request as unknown as FastifyRequest<Route>, reply)
    },
  })
}
