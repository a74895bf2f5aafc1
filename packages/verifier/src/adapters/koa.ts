/** The guard for Koa 3: middleware for a router or an app. */
import type { VerifiedClaims } from '@credence/jwt'
import type { Middleware } from 'koa'
import type { AccessToken } from '../access_token.ts'
import type { ResourceServer } from '../resource_server.ts'
import { checkRequirement, type ScopeRequirement } from '../scope_requirement.ts'
import { fromIncomingMessage } from './incoming_message.ts'
import { createMetadataAnswer } from './metadata_answer.ts'

/** What `requireToken` adds to `ctx.state`. */
export interface TokenState<Claims extends VerifiedClaims = VerifiedClaims> {
  /** The verified access token. */
  token: AccessToken<Claims>
}

/**
 * Middleware that lets only requests with a verified token and the scopes needed pass, with the token in
 * `ctx.state.token`, and answers the others itself.
 *
 * @throws {TypeError} when the requirement is not one.
 */
export const requireToken = <Claims extends VerifiedClaims>(
  resourceServer: ResourceServer<Claims>,
  requirement: ScopeRequirement<Claims> = {},
): Middleware<TokenState<Claims>> => {
  checkRequirement(requirement)
  return async (ctx, next) => {
    const result = await resourceServer.verify(fromIncomingMessage(ctx.req, ctx.originalUrl), requirement)
    ctx.set(result.headers)
    if (result.ok) {
      ctx.state.token = result.token
      await next()
    } else Object.assign(ctx, { status: result.status, body: result.body })
  }
}

/**
 * Middleware that answers with the metadata document at its well-known path. It belongs before every guard.
 *
 * @throws {TypeError} when the resource server was created without the option `metadata`.
 * @see RFC 9728 §3
 */
export const serveMetadata = (resourceServer: ResourceServer): Middleware => {
  const metadataAnswer = createMetadataAnswer(resourceServer)
  return async (ctx, next) => {
    const answer = metadataAnswer(ctx.method, ctx.originalUrl)
    if (answer === undefined) return next()
    ctx.set(answer.headers)
    Object.assign(ctx, { status: answer.status, body: answer.body })
  }
}
