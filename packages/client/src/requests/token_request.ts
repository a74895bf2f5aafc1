/** One token request after another until there is a token: find the server, authenticate, send, read, retry. RFC 6749 §4.4. */
import type { Clock } from '@credence/protocol'
import {
  type ClientAuth as Authenticate,
  type AuthorizationServer,
  allowInsecureRequests,
  clockSkew,
  customFetch,
  genericTokenEndpointRequest,
} from 'oauth4webapi'
import type { IssuedToken } from '../access_token.ts'
import { hasNewNonce, type Prover } from '../attaching/dpop.ts'
import type { TokenTarget } from '../cache/token_target.ts'
import type { ClientAuth, SecretHooks } from '../client_auth/client_auth.ts'
import { withMtlsAlias } from '../client_auth/tls_client_auth.ts'
import { withTries } from '../client_auth/with_tries.ts'
import type { Grant } from '../grants/grant.ts'
import { TokenError } from '../token_error.ts'
import { nameUrl } from './bounded_fetch.ts'
import { type Deadline, withDeadline } from './deadline.ts'
import { type TranslateAnswer, translateResponse } from './provider_answer.ts'
import { type RetryOptions, withRetry } from './retry.ts'
import { credentialsOf, parseJsonObject } from './server_answer.ts'
import type { ServerRequests } from './server_requests.ts'
import type { Skew } from './skew.ts'
import { readTokenAnswer } from './token_answer.ts'

export interface TokenRequestDeps {
  readonly clientId: string
  readonly auth: ClientAuth
  readonly grant: Grant
  readonly translateAnswer: TranslateAnswer | undefined
  /** Undefined: Bearer tokens. */
  readonly prover: Prover | undefined
  readonly hooks: SecretHooks
  readonly resolveServer: () => Promise<AuthorizationServer>
  readonly requests: ServerRequests
  readonly skew: Skew
  readonly clock: Clock
  readonly deadline: Deadline
  readonly retry: RetryOptions
}

/** In the background there is one attempt: nobody waits for it, and the next use is the next attempt. */
export type RequestToken = (target: TokenTarget, background: boolean) => Promise<IssuedToken>

interface Asking {
  readonly authenticate: Authenticate
  readonly target: TokenTarget
  readonly server: AuthorizationServer
  readonly signal: AbortSignal
  readonly mayRepeat: boolean
  readonly mayTakeNonce: boolean
}

/** Makes the function that asks for a token and does not return before it has one or has given up. */
export const createTokenRequest = (deps: TokenRequestDeps): RequestToken => {
  const { requests, skew, grant, prover } = deps

  const attempt = async (asking: Asking): Promise<IssuedToken> => {
    const { target, server, signal } = asking
    // an assertion or proof says when it was made, by a clock that the server must agree with
    const client = { client_id: deps.clientId, [clockSkew]: skew.seconds() }
    let isTimed = false
    let proof: string | null = null
    // Counted from here: the server starts its own count later, so that the token never lives shorter than we think.
    const requestedAt = deps.clock.epochSeconds()
    const requestedAtMs = deps.clock.monotonicMs()
    let credentials: readonly string[] = []
    const now = requestedAt + skew.seconds()
    const form = await guard(async () => grant.parameters({ server, target, now }))()
    const response = await genericTokenEndpointRequest(
      server,
      client,
      guard(asking.authenticate),
      grant.type,
      form.map(([name, value]) => [name, value]),
      {
        signal,
        ...(prover !== undefined && { DPoP: await prover.handle() }),
        // whether http will do was decided when the token manager was created
        [allowInsecureRequests]: true,
        [customFetch]: (url, init) => {
          const body = init.body.toString()
          const headers = new Headers(init.headers)
          credentials = credentialsOf(headers, body)
          proof = headers.get('dpop')
          isTimed = init.body.has('client_assertion') || init.body.has('assertion') || proof !== null
          return requests.send('token', url, { method: 'POST', headers: init.headers, body, signal })
        },
      },
    )
    if (asking.mayTakeNonce && hasNewNonce(response, proof) && (await asksForNonce(response))) {
      return attempt({ ...asking, mayTakeNonce: false })
    }
    if (isTimed && asking.mayRepeat && isRefusal(response) && hasMoved(skew, client[clockSkew])) {
      return attempt({ ...asking, mayRepeat: false })
    }
    const endpoint = nameUrl(server.token_endpoint ?? server.issuer)
    const { clock } = deps
    const requestedScope = target.scope
    return readTokenAnswer(await translateResponse(response, deps.translateAnswer), {
      server,
      client,
      endpoint,
      credentials,
      clock,
      requestedScope,
      tokenType: prover === undefined ? 'Bearer' : 'DPoP',
      requestedAt,
      requestedAtMs,
    })
  }

  return (target, background) =>
    withRetry(background ? { ...deps.retry, maxAttempts: 1 } : deps.retry, async () => {
      requests.check()
      const found = await deps.resolveServer()
      const server = deps.auth.usesMtlsAliases === true ? withMtlsAlias(found) : found
      const asked = { target, server, mayRepeat: true, mayTakeNonce: true }
      return withDeadline(deps.deadline, (signal) =>
        withTries(deps.auth, deps.hooks, (authenticate) => attempt({ ...asked, authenticate, signal })),
      )
    })
}

const isRefusal = ({ status }: Response): boolean => status === 400 || status === 401

/** True when the answer told of a clock so wrong that this alone explains why an assertion was refused. */
const hasMoved = (skew: Skew, used: number): boolean => Math.abs(skew.seconds() - used) >= 10

/** RFC 9449 §8: "the authorization server responds with an HTTP 400 (Bad Request) [...] with an error of use_dpop_nonce". */
const asksForNonce = async (response: Response): Promise<boolean> =>
  isRefusal(response) && parseJsonObject(await response.clone().text())?.error === 'use_dpop_nonce'

/** What a source of secrets throws may hold the secret: only that it failed is passed on, and what this package says itself. */
const guard =
  <A extends readonly unknown[], R>(work: (...given: A) => R | Promise<R>): ((...given: A) => Promise<R>) =>
  async (...given) => {
    try {
      return await work(...given)
    } catch (error) {
      if (error instanceof TokenError) throw error
      const kind = error instanceof Error ? error.constructor.name : typeof error
      throw new TokenError('credential_unavailable', `the client's credential could not be had or used: ${kind}`)
    }
  }
