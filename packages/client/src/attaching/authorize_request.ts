/** What a request to a resource server must carry, and when to send it once more. RFC 6750 §2.1, §3.1, RFC 9449 §7, §9. */
import { type Clock, isSecureUrl, parseChallenges } from '@credence/protocol'
import type { AccessToken } from '../access_token.ts'
import { TokenError } from '../token_error.ts'
import { hasNewNonce, type Prover } from './dpop.ts'
import { createRefusals } from './refusals.ts'

export interface OutgoingRequest {
  readonly url: URL
  /** Default: GET. */
  readonly method?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface ResourceAnswer {
  readonly status: number
  /** `www-authenticate` and `dpop-nonce` are read, nothing else. */
  readonly headers: Headers
}

export interface AuthorizedRequest {
  /**
   * `authorization`, and `dpop` where the token is bound to a key. With `dpop` the request must follow no redirect (the proof is for
   * one URL, and would go along); without, `authorization` must not go where a redirect leads to another origin.
   */
  readonly headers: Readonly<Record<string, string>>
  /**
   * Takes in the answer of the server that was asked, not of one that a redirect led to. Must be called once, for every answer.
   *
   * @param canSendAgain false when the body is gone: a refused token is forgotten all the same
   * @returns what to send the same request with once more; undefined when the answer is to be handed out
   * @throws {TokenError} what getToken throws, when the token was refused and no other can be had
   */
  readonly next: (answer: ResourceAnswer, canSendAgain: boolean) => Promise<AuthorizedRequest | undefined>
}

/**
 * Gets what a request to a resource server must carry.
 *
 * A 401 whose challenge says invalid_token drops that token and is worth one more try with another; so is, for each of both, one
 * that asks for a DPoP nonce and gives one that was not used. While an origin goes on refusing, its answers are handed out as they
 * come, and a token is dropped for it every 1 s, then 2 s, up to 30 s.
 *
 * Does not check: whether the URL is one that the token is meant for, unless there are `allowedOrigins`.
 *
 * @throws {TokenError} `insecure_url` and `origin_not_allowed`, before a token is asked for; what getToken throws. When the
 *   signal fires, its reason.
 */
export type Authorize = (request: OutgoingRequest) => Promise<AuthorizedRequest>

export interface AuthorizeOptions {
  readonly getToken: (options: { readonly signal?: AbortSignal | undefined }) => Promise<AccessToken>
  readonly invalidate: (accessToken: string) => void
  /** Undefined: Bearer tokens. */
  readonly prover: Prover | undefined
  readonly clock: Clock
  readonly allowInsecureRequests: boolean
  /** Undefined: any. */
  readonly allowedOrigins: ReadonlySet<string> | undefined
}

interface TriesLeft {
  readonly mayRenew: boolean
  readonly mayTakeNonce: boolean
}

export const createAuthorize = (options: AuthorizeOptions): Authorize => {
  const { invalidate, prover, allowInsecureRequests, allowedOrigins } = options
  const refusals = createRefusals(options.clock)

  const tokenFor = async (signal: AbortSignal | undefined) => {
    try {
      return await options.getToken({ signal })
    } catch (error) {
      // what fetch itself throws when its signal fires
      signal?.throwIfAborted()
      throw error
    }
  }

  const authorizeWith = async (
    token: AccessToken,
    request: OutgoingRequest,
    { mayRenew, mayTakeNonce }: TriesLeft,
  ): Promise<AuthorizedRequest> => {
    const { url, signal } = request
    const { tokenType, accessToken } = token
    const method = (request.method ?? 'GET').toUpperCase()
    const proof = tokenType === 'DPoP' && prover ? await prover.prove({ method, url, accessToken }) : null

    const next: AuthorizedRequest['next'] = async ({ status, headers }, canSendAgain) => {
      const head = new Response(null, { headers })
      if (proof !== null) await prover?.keepNonce(head, url)
      if (status !== 401) return undefined
      if (canSendAgain && mayTakeNonce && says('use_dpop_nonce', headers, 'DPoP') && hasNewNonce(head, proof)) {
        return authorizeWith(token, request, { mayRenew, mayTakeNonce: false })
      }
      if (!mayRenew || !says('invalid_token', headers, tokenType)) return undefined
      if (!refusals.isWorthRenewal(url.origin, accessToken)) return undefined
      invalidate(accessToken)
      if (!canSendAgain) return undefined
      const renewed = await tokenFor(signal)
      if (renewed.accessToken === accessToken) return undefined
      return authorizeWith(renewed, request, { mayRenew: false, mayTakeNonce: true })
    }
    const authorization = `${tokenType} ${accessToken}`
    return { headers: proof === null ? { authorization } : { authorization, dpop: proof }, next }
  }

  return async (request) => {
    const { origin } = request.url
    if (!allowInsecureRequests && !isSecureUrl(request.url)) {
      throw new TokenError('insecure_url', `no token is sent to ${origin}: not https, and not this machine`)
    }
    if (allowedOrigins?.has(origin) === false) {
      throw new TokenError('origin_not_allowed', `no token is sent to ${origin}: it is not in allowedOrigins`)
    }
    return authorizeWith(await tokenFor(request.signal), request, { mayRenew: true, mayTakeNonce: true })
  }
}

const says = (error: string, headers: Headers, wantedScheme: string): boolean =>
  parseChallenges(headers.get('www-authenticate') ?? '').some(
    ({ scheme, parameters }) => scheme.toLowerCase() === wantedScheme.toLowerCase() && parameters.error === error,
  )
