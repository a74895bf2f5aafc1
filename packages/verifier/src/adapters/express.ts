/** The guard for Express 5: middleware for a route or a router. */
import './express_request.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { VerifiedClaims } from '@credence/jwt'
import type { AccessToken } from '../access_token.ts'
import type { ResourceServer } from '../resource_server.ts'
import { checkRequirement, type ScopeRequirement } from '../scope_requirement.ts'
import { fromIncomingMessage, setHeaders, writeAnswer } from './incoming_message.ts'
import { createMetadataAnswer } from './metadata_answer.ts'
import { attachToken } from './token_of.ts'

export { tokenOf } from './token_of.ts'

interface ExpressRequest extends IncomingMessage {
  /** The URL before a router took off the path it is mounted at. */
  readonly originalUrl?: string
  token?: AccessToken
}

export type TokenMiddleware = (
  request: ExpressRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void>

export type MetadataMiddleware = (request: ExpressRequest, response: ServerResponse, next: () => void) => void

/**
 * Middleware that lets only requests with a verified token and the scopes needed pass, with the token in
 * `request.token`, and answers the others itself.
 *
 * @throws {TypeError} when the requirement is not one.
 */
export const requireToken = <Claims extends VerifiedClaims>(
  resourceServer: ResourceServer<Claims>,
  requirement: ScopeRequirement<Claims> = {},
): TokenMiddleware => {
  checkRequirement(requirement)
  return async (request, response, next) => {
    const result = await resourceServer.verify(fromIncomingMessage(request, request.originalUrl), requirement)
    if (!result.ok) return writeAnswer(response, result)
    setHeaders(response, result.headers)
    attachToken(request, resourceServer, result.token)
    next()
  }
}

/**
 * Middleware that answers with the metadata document at its well-known path. It belongs before every guard.
 *
 * @throws {TypeError} when the resource server was created without the option `metadata`.
 * @see RFC 9728 §3
 */
export const serveMetadata = (resourceServer: ResourceServer): MetadataMiddleware => {
  const metadataAnswer = createMetadataAnswer(resourceServer)
  return (request, response, next) => {
    const answer = metadataAnswer(request.method, request.originalUrl ?? request.url)
    if (answer === undefined) return next()
    writeAnswer(response, answer)
  }
}
