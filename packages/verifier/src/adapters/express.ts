/** The guard for Express 5: middleware for a route or a router. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AccessToken } from '../access_token.ts'
import type { ResourceServer } from '../resource_server.ts'
import { checkRequirement, type ScopeRequirement } from '../scope_requirement.ts'
import { fromIncomingMessage, writeRefusal } from './incoming_message.ts'

declare global {
  namespace Express {
    interface Request {
      /** The verified access token, behind `requireToken`. */
      token?: AccessToken
    }
  }
}

interface ExpressRequest extends IncomingMessage {
  token?: AccessToken
}

export type TokenMiddleware = (
  request: ExpressRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void>

/**
 * Middleware that lets only requests with a verified token and the scopes needed pass, with the token in
 * `request.token`, and answers the others itself.
 *
 * @throws {TypeError} when the requirement is not one.
 */
export const requireToken = (resourceServer: ResourceServer, requirement: ScopeRequirement = {}): TokenMiddleware => {
  checkRequirement(requirement)
  return async (request, response, next) => {
    const result = await resourceServer.verify(fromIncomingMessage(request), requirement)
    if (!result.ok) return writeRefusal(response, result)
    request.token = result.token
    next()
  }
}
