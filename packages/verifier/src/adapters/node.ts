/** The guard for node:http and node:https servers. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AccessToken } from '../access_token.ts'
import type { ResourceServer } from '../resource_server.ts'
import { checkRequirement, type ScopeRequirement } from '../scope_requirement.ts'
import { fromIncomingMessage, writeRefusal } from './incoming_message.ts'

export interface AuthorizedMessage extends IncomingMessage {
  readonly token: AccessToken
}

export type AuthorizedListener = (request: AuthorizedMessage, response: ServerResponse) => unknown

/**
 * A listener that lets only requests with a verified token and the scopes needed through to the handler, as
 * `request.token`, and answers the others itself. The body is not read.
 *
 * @throws {TypeError} when the requirement is not one.
 */
export const requireToken = (
  resourceServer: ResourceServer,
  requirement: ScopeRequirement,
  handler: AuthorizedListener,
): RequestListener => {
  checkRequirement(requirement)
  return async (request, response) => {
    const result = await resourceServer.verify(fromIncomingMessage(request), requirement)
    if (result.ok) await handler(Object.assign(request, { token: result.token }), response)
    else writeRefusal(response, result)
  }
}
