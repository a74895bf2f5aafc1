/** The guard for handlers that take a fetch Request and answer with a Response. Fetch standard. */
import type { VerifiedClaims } from '@credence/jwt'
import type { AccessToken } from '../access_token.ts'
import type { ResourceServer } from '../resource_server.ts'
import { checkRequirement, type ScopeRequirement } from '../scope_requirement.ts'
import { createMetadataAnswer, toResponse } from './metadata_answer.ts'

export interface AuthorizedRequest<Claims extends VerifiedClaims = VerifiedClaims> extends Request {
  readonly token: AccessToken<Claims>
}

/** `rest` is what a runtime gives its handlers beside the request. */
export type FetchHandler<Rest extends readonly unknown[], Req = Request> = (
  request: Req,
  ...rest: Rest
) => Response | Promise<Response>

/**
 * A handler that lets only requests with a verified token and the scopes needed through to yours, as `request.token`,
 * and answers the others itself.
 *
 * Does not check: the client's certificate. A Request has neither that nor the address by which a trusted proxy is known,
 * so a token bound to a certificate is refused; `verify` itself takes both where the runtime has them.
 *
 * @throws {TypeError} when the requirement is not one.
 */
export const withToken = <Claims extends VerifiedClaims, Rest extends readonly unknown[]>(
  resourceServer: ResourceServer<Claims>,
  requirement: ScopeRequirement<Claims>,
  handler: FetchHandler<Rest, AuthorizedRequest<Claims>>,
): ((request: Request, ...rest: Rest) => Promise<Response>) => {
  checkRequirement(requirement)
  return async (request, ...rest) => {
    const result = await resourceServer.verify(request, requirement)
    if (!result.ok) return result.toResponse()
    const response = await handler(Object.assign(request, { token: result.token }), ...rest)
    return withHeaders(response, result.headers)
  }
}

/**
 * A handler that answers with the metadata document at its well-known path, and hands every other request on.
 *
 * @throws {TypeError} when the resource server was created without the option `metadata`.
 * @see RFC 9728 §3
 */
export const serveMetadata = <Rest extends readonly unknown[]>(
  resourceServer: ResourceServer,
  handler: FetchHandler<Rest>,
): ((request: Request, ...rest: Rest) => Promise<Response>) => {
  const metadataAnswer = createMetadataAnswer(resourceServer)
  return async (request, ...rest) => {
    const answer = metadataAnswer(request.method, request.url)
    if (answer === undefined) return handler(request, ...rest)
    return toResponse(answer)
  }
}

const withHeaders = (response: Response, headers: Readonly<Record<string, string>>): Response => {
  const added = Object.entries(headers)
  if (added.length === 0) return response
  // the headers of a Response that came from fetch cannot be set
  const own = new Response(response.body, response)
  for (const [name, value] of added) own.headers.set(name, value)
  return own
}
