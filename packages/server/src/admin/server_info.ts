/** What the server is: for the command line, which has to know the issuer it talks to. */
import type { FastifyInstance } from 'fastify'
import type { AdminDeps } from './admin_deps.ts'
import { addAdminRoute } from './admin_route.ts'

const serverDocument = {
  type: 'object',
  required: ['issuer', 'token_endpoint', 'version'],
  properties: { issuer: { type: 'string' }, token_endpoint: { type: 'string' }, version: { type: 'string' } },
} as const

export const addServerInfoRoute = (app: FastifyInstance, { server }: AdminDeps): void => {
  addAdminRoute(app, {
    method: 'GET',
    url: '/server',
    scope: 'admin:server:read',
    operationId: 'getServer',
    summary: 'What this server is',
    schema: {},
    success: { status: 200, description: 'Issuer, token endpoint and version', body: serverDocument },
    handler: async () => server,
  })
}
