/** The guard for node:http and node:https servers. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { VerifiedClaims } from '@credence/jwt'
import type { AccessToken } from '../access_token.ts'
import type { ResourceServer } from '../resource_server.ts'
import { checkRequirement, type ScopeRequirement } from '../scope_requirement.ts'
import { fromIncomingMessage, setHeaders, writeAnswer } from './incoming_message.ts'
import { createMetadataAnswer } from './metadata_answer.ts'

export interface AuthorizedMessage<Claims extends VerifiedClaims = VerifiedClaims> extends IncomingMessage {
  readonly token: AccessToken<Claims>
}

export type AuthorizedListener<Claims extends VerifiedClaims = VerifiedClaims> = (
  request: AuthorizedMessage<Claims>,
  response: ServerResponse,
) => unknown

/**
 * A listener that lets only requests with a verified token and the scopes needed through to the handler, as
 * `request.token`, and answers the others itself. The body is not read.
 *
 * What the handler or a custom requirement throws is this listener's rejection, as with every asynchronous listener: Node
 * answers 500 where `events.captureRejections` was set before the server was made, and ends the process otherwise.
 *
 * @throws {TypeError} when the requirement is not one.
 */
export const requireToken = <Claims extends VerifiedClaims>(
  resourceServer: ResourceServer<Claims>,
  requirement: ScopeRequirement<Claims>,
  handler: AuthorizedListener<Claims>,
): RequestListener => {
  checkRequirement(requirement)
  return async (request, response) => {
    const result = await resourceServer.verify(fromIncomingMessage(request), requirement)
    if (!result.ok) return writeAnswer(response, result)
    setHeaders(response, result.headers)
    await handler(Object.assign(request, { token: result.token }), response)
  }
}

/**
 * A listener that answers with the metadata document at its well-known path, and hands every other request on.
 *
 * @throws {TypeError} when the resource server was created without the option `metadata`.
 * @see RFC 9728 §3
 */
export const serveMetadata = (resourceServer: ResourceServer, handler: RequestListener): RequestListener => {
  const metadataAnswer = createMetadataAnswer(resourceServer)
  return (request, response) => {
    const answer = metadataAnswer(request.method, request.url)
    if (answer === undefined) return handler(request, response)
    writeAnswer(response, answer)
  }
}
