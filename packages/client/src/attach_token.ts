/** A fetch that attaches the token and gets a new one, once, when the resource server refuses it. RFC 6750 §2.1, §3.1. */
import { isSecureUrl, parseChallenges } from '@credence/protocol'
import type { AccessToken } from './access_token.ts'
import type { Fetch } from './bounded_fetch.ts'
import { canSendAgain } from './sendable.ts'
import { TokenError } from './token_error.ts'

type Input = Parameters<Fetch>[0]
type Init = Parameters<Fetch>[1]

export interface AttachTokenOptions {
  readonly fetch: Fetch
  readonly getToken: (options: { readonly signal?: AbortSignal | undefined }) => Promise<AccessToken>
  readonly invalidate: (accessToken: string) => void
  readonly allowInsecureRequests: boolean
  /** Undefined: any. */
  readonly allowedOrigins: ReadonlySet<string> | undefined
}

/**
 * Makes a fetch that sends `Authorization: Bearer` (or `DPoP`, by the token's type) with every request, in place of the caller's own Authorization.
 *
 * A 401 whose challenge says invalid_token drops that token. The request is then sent once more with a new one, unless
 * its body was a stream or a Request's own, which is gone once it was sent: such an answer is returned as it came.
 *
 * Does not check: whether the URL is one that the token is meant for, unless there are `allowedOrigins`. Without them give it
 * only URLs of your own choosing. Nor that a `fetch` of your own takes the Authorization header off where a redirect leads to
 * another origin, as the Fetch Standard says and every runtime's own does.
 *
 * @returns a fetch that also throws TokenError: `insecure_url` and `origin_not_allowed` before anything is sent, and what
 *   getToken throws
 * @see RFC 6750 §2.1, §3.1
 */
export const createAttachingFetch = (options: AttachTokenOptions): Fetch => {
  const { fetch, invalidate } = options

  const tokenFor = async (signal: AbortSignal | undefined) => {
    try {
      return await options.getToken({ signal })
    } catch (error) {
      // what fetch itself throws when its signal fires
      signal?.throwIfAborted()
      throw error
    }
  }

  return async (input, init) => {
    const url = new URL(isRequest(input) ? input.url : input)
    if (!options.allowInsecureRequests && !isSecureUrl(url)) {
      throw new TokenError('insecure_url', `no token is sent to ${url.origin}: not https, and not this machine`)
    }
    if (options.allowedOrigins?.has(url.origin) === false) {
      throw new TokenError('origin_not_allowed', `no token is sent to ${url.origin}: it is not in allowedOrigins`)
    }
    const signal = init?.signal ?? (isRequest(input) ? input.signal : undefined)
    const token = await tokenFor(signal)
    const response = await fetch(input, attach(input, init, token))
    if (!isTokenRefused(response, url, token)) return response
    invalidate(token.accessToken)
    if (!canSendAgain(input, init)) return response
    const renewed = await tokenFor(signal)
    if (renewed.accessToken === token.accessToken) return response
    await response.body?.cancel()
    return fetch(input, attach(input, init, renewed))
  }
}

const isRequest = (input: Input): input is Request => typeof input !== 'string' && !(input instanceof URL)

const attach = (input: Input, init: Init, { tokenType, accessToken }: AccessToken): RequestInit => {
  const headers = new Headers(init?.headers ?? (isRequest(input) ? input.headers : undefined))
  headers.set('authorization', `${tokenType} ${accessToken}`)
  return { ...init, headers }
}

/** Only the origin that was sent the token can refuse it: fetch takes the header off when a redirect leads elsewhere. */
const isTokenRefused = (response: Response, sentTo: URL, { tokenType }: AccessToken): boolean => {
  if (response.status !== 401) return false
  if (response.redirected && new URL(response.url).origin !== sentTo.origin) return false
  return parseChallenges(response.headers.get('www-authenticate') ?? '').some(
    ({ scheme, parameters }) =>
      scheme.toLowerCase() === tokenType.toLowerCase() && parameters.error === 'invalid_token',
  )
}
