/** The guard for NestJS, over Express or Fastify: for `@UseGuards`, or for the whole application. */
import './express_request.ts'
import type { IncomingMessage } from 'node:http'
import type { VerifiedClaims } from '@credence/jwt'
import { type CanActivate, createParamDecorator, type ExecutionContext, HttpException } from '@nestjs/common'
import type { AccessToken } from '../access_token.ts'
import type { ResourceServer } from '../resource_server.ts'
import { checkRequirement, type ScopeRequirement } from '../scope_requirement.ts'
import { fromIncomingMessage } from './incoming_message.ts'
import { attachToken } from './token_of.ts'

export { type MetadataMiddleware, serveMetadata } from './express.ts'
export { tokenOf } from './token_of.ts'

/** The request of @nestjs/platform-express, or that of @nestjs/platform-fastify, which has Node's in `raw`. */
type NestRequest = (IncomingMessage | { readonly raw: IncomingMessage }) & {
  readonly originalUrl?: string
  token?: AccessToken
}

interface NestResponse {
  header(name: string, value: string): unknown
}

/** A guard that lets only requests with a verified token and the scopes needed pass, with the token in `request.token`. */
export class TokenGuard implements CanActivate {
  readonly #resourceServer: ResourceServer
  readonly #requirement: ScopeRequirement

  /** @throws {TypeError} when the requirement is not one. */
  constructor(resourceServer: ResourceServer, requirement: ScopeRequirement = {}) {
    checkRequirement(requirement)
    this.#resourceServer = resourceServer
    this.#requirement = requirement
  }

  /** @throws {HttpException} with the status and the body of the refusal, whose headers are then on the response. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    // another kind of context has no Authorization header to look for
    if (context.getType() !== 'http') throw new TypeError('TokenGuard guards HTTP requests only')
    const http = context.switchToHttp()
    const request = http.getRequest<NestRequest>()
    const message = 'raw' in request ? request.raw : request
    const result = await this.#resourceServer.verify(
      fromIncomingMessage(message, request.originalUrl),
      this.#requirement,
    )
    const response = http.getResponse<NestResponse>()
    for (const [name, value] of Object.entries(result.headers)) response.header(name, value)
    if (!result.ok) throw new HttpException(JSON.parse(result.body), result.status)
    attachToken(request, this.#resourceServer, result.token)
    return true
  }
}

/**
 * A guard for `@UseGuards(createTokenGuard(orders, { all: ['orders:read'] }))`, or for `app.useGlobalGuards`.
 *
 * @throws {TypeError} when the requirement is not one.
 */
export const createTokenGuard = <Claims extends VerifiedClaims>(
  resourceServer: ResourceServer<Claims>,
  requirement: ScopeRequirement<Claims> = {},
): TokenGuard => new TokenGuard(resourceServer, requirement)

/** `@Token() token: AccessToken`: the verified token as a parameter of a guarded handler. */
export const Token = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<NestRequest>().token,
)
