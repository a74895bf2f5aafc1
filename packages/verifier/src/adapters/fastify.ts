/** The guard for Fastify 5: an onRequest hook for a route or a plugin. */
import type { VerifiedClaims } from '@credence/jwt'
import type { onRequestAsyncHookHandler } from 'fastify'
import type { AccessToken } from '../access_token.ts'
import type { ResourceServer } from '../resource_server.ts'
import { checkRequirement, type ScopeRequirement } from '../scope_requirement.ts'
import { fromIncomingMessage } from './incoming_message.ts'
import { createMetadataAnswer } from './metadata_answer.ts'
import { attachToken } from './token_of.ts'

export { tokenOf } from './token_of.ts'

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
export const requireToken = <Claims extends VerifiedClaims>(
  resourceServer: ResourceServer<Claims>,
  requirement: ScopeRequirement<Claims> = {},
): onRequestAsyncHookHandler => {
  checkRequirement(requirement)
  return async (request, reply) => {
    const result = await resourceServer.verify(fromIncomingMessage(request.raw, request.originalUrl), requirement)
    reply.headers(result.headers)
    if (!result.ok) return reply.code(result.status).send(result.body)
    attachToken(request, resourceServer, result.token)
  }
}

/**
 * A hook that answers with the metadata document at its well-known path. It belongs before every guard.
 *
 * @throws {TypeError} when the resource server was created without the option `metadata`.
 * @see RFC 9728 §3
 */
export const serveMetadata = (resourceServer: ResourceServer): onRequestAsyncHookHandler => {
  const metadataAnswer = createMetadataAnswer(resourceServer)
  return async (request, reply) => {
    const answer = metadataAnswer(request.method, request.originalUrl)
    if (answer !== undefined) return reply.code(answer.status).headers(answer.headers).send(answer.body)
  }
}
