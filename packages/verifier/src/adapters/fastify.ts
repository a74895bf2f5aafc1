/** The guard for Fastify 5: an onRequest hook for a route or a plugin. */
import type { onRequestAsyncHookHandler } from 'fastify'
import type { AccessToken } from '../access_token.ts'
import type { ResourceServer } from '../resource_server.ts'
import { checkRequirement, type ScopeRequirement } from '../scope_requirement.ts'
import { fromIncomingMessage } from './incoming_message.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The verified access token, behind `requireToken`. */
    token?: AccessToken
  }
}

/**
 * A hook that lets only requests with a verified token and the scopes needed pass, with the token in `request.token`,
 * and answers the others itself. As onRequest it runs before a body is read.
 *
 * @throws {TypeError} when the requirement is not one.
 */
export const requireToken = (
  resourceServer: ResourceServer,
  requirement: ScopeRequirement = {},
): onRequestAsyncHookHandler => {
  checkRequirement(requirement)
  return async (request, reply) => {
    const result = await resourceServer.verify(fromIncomingMessage(request.raw), requirement)
    if (!result.ok) return reply.code(result.status).headers(result.headers).send(result.body)
    request.token = result.token
  }
}
