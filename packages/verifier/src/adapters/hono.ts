/** The guard for Hono 4: middleware for a route or an app. On Node's server the connection is read too. */
import type { IncomingMessage } from 'node:http'
import type { VerifiedClaims } from '@credence/jwt'
import type { Context, MiddlewareHandler } from 'hono'
import type { AccessToken } from '../access_token.ts'
import type { ResourceRequest } from '../request.ts'
import type { ResourceServer } from '../resource_server.ts'
import { checkRequirement, type ScopeRequirement } from '../scope_requirement.ts'
import { fromIncomingMessage } from './incoming_message.ts'
import { createMetadataAnswer, toResponse } from './metadata_answer.ts'

/** What `requireToken` adds to an app's environment, for handlers that are typed on their own. */
export interface TokenEnv<Claims extends VerifiedClaims = VerifiedClaims> {
  Variables: {
    /** The verified access token. */
    token: AccessToken<Claims>
  }
}

/**
 * Middleware that lets only requests with a verified token and the scopes needed pass, with the token in
 * `c.get('token')`, and answers the others itself.
 *
 * @throws {TypeError} when the requirement is not one.
 */
export const requireToken = <Claims extends VerifiedClaims>(
  resourceServer: ResourceServer<Claims>,
  requirement: ScopeRequirement<Claims> = {},
): MiddlewareHandler<TokenEnv<Claims>> => {
  checkRequirement(requirement)
  return async (c, next) => {
    const result = await resourceServer.verify(fromContext(c), requirement)
    if (!result.ok) return result.toResponse()
    c.set('token', result.token)
    await next()
    for (const [name, value] of Object.entries(result.headers)) c.header(name, value)
  }
}

/**
 * Middleware that answers with the metadata document at its well-known path. It belongs before every guard.
 *
 * @throws {TypeError} when the resource server was created without the option `metadata`.
 * @see RFC 9728 §3
 */
export const serveMetadata = (resourceServer: ResourceServer): MiddlewareHandler => {
  const metadataAnswer = createMetadataAnswer(resourceServer)
  return async (c, next) => {
    const answer = metadataAnswer(c.req.raw.method, c.req.url)
    if (answer === undefined) return next()
    return toResponse(answer)
  }
}

/** @hono/node-server has Node's request in the environment; other runtimes have another environment, or none. */
const fromContext = ({ env, req }: Context): ResourceRequest => {
  const { incoming }: { readonly incoming?: IncomingMessage } = env ?? {}
  return incoming === undefined ? req.raw : fromIncomingMessage(incoming)
}
