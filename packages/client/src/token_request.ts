/** One token request after another until there is a token: find the server, authenticate, send, read, retry. RFC 6749 §4.4. */
import type { Clock } from '@credence/protocol'
import {
  type AuthorizationServer,
  allowInsecureRequests,
  type ClientAuth,
  clientCredentialsGrantRequest,
  customFetch,
} from 'oauth4webapi'
import type { IssuedToken } from './access_token.ts'
import { boundedFetch, type Fetch, nameUrl } from './bounded_fetch.ts'
import { type Deadline, withDeadline } from './deadline.ts'
import { type RetryOptions, withRetry } from './retry.ts'
import { credentialsOf } from './server_answer.ts'
import { readTokenAnswer } from './token_answer.ts'
import { TokenError } from './token_error.ts'
import type { TokenTarget } from './token_target.ts'

export interface TokenRequestDeps {
  readonly clientId: string
  readonly auth: ClientAuth
  readonly resolveServer: () => Promise<AuthorizationServer>
  readonly fetch: Fetch
  readonly clock: Clock
  readonly deadline: Deadline
  readonly retry: RetryOptions
}

export type RequestToken = (target: TokenTarget) => Promise<IssuedToken>

/** Makes the function that asks for a token and does not return before it has one or has given up. */
export const createTokenRequest = (deps: TokenRequestDeps): RequestToken => {
  const client = { client_id: deps.clientId }

  const attempt = async (target: TokenTarget, server: AuthorizationServer, signal: AbortSignal) => {
    // Counted from here: the server starts its own count later, so that the token never lives shorter than we think.
    const requestedAt = deps.clock.epochSeconds()
    const requestedAtMs = deps.clock.monotonicMs()
    let credentials: readonly string[] = []
    const response = await clientCredentialsGrantRequest(
      server,
      client,
      guard(deps.auth),
      target.form.map(([name, value]) => [name, value]),
      {
        signal,
        // whether http will do was decided when the token manager was created
        [allowInsecureRequests]: true,
        [customFetch]: (url, init) => {
          const body = init.body.toString()
          credentials = credentialsOf(new Headers(init.headers), body)
          return boundedFetch(deps.fetch, url, { method: 'POST', headers: init.headers, body, signal })
        },
      },
    )
    const endpoint = nameUrl(server.token_endpoint ?? server.issuer)
    const { clock } = deps
    const requestedScope = target.scope
    return readTokenAnswer(response, {
      server,
      client,
      endpoint,
      credentials,
      clock,
      requestedScope,
      requestedAt,
      requestedAtMs,
    })
  }

  return (target) =>
    withRetry(deps.retry, async () => {
      const server = await deps.resolveServer()
      return withDeadline(deps.deadline, (signal) => attempt(target, server, signal))
    })
}

/** What a source of secrets throws may hold the secret: only that it failed is passed on. */
const guard =
  (auth: ClientAuth): ClientAuth =>
  async (...request) => {
    try {
      await auth(...request)
    } catch (error) {
      const kind = error instanceof Error ? error.constructor.name : typeof error
      throw new TokenError('credential_unavailable', `the client's credential could not be had or used: ${kind}`)
    }
  }
