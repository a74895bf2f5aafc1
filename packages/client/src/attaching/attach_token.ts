/** A fetch that attaches the token and gets a new one, once, when the resource server refuses it. RFC 6750 §2.1, §3.1, RFC 9449 §7. */

import type { Fetch } from '../requests/bounded_fetch.ts'
import type { Authorize } from './authorize_request.ts'
import { canSendAgain } from './sendable.ts'

type Input = Parameters<Fetch>[0]

/**
 * Makes a fetch that sends `Authorization: Bearer` (or `DPoP`, with a proof, by the token's type) with every request, in place of
 * the caller's own Authorization.
 *
 * A 401 whose challenge says invalid_token drops that token. The request is then sent once more with a new one, unless
 * its body was a stream or a Request's own, which is gone once it was sent: such an answer is returned as it came. So it is, and one
 * more try, where a nonce for DPoP is asked for. With DPoP a redirect is returned as it came, never followed. An origin that refuses
 * the new token as well has its answers returned as they came for 1 s, then 2 s, up to 30 s.
 *
 * Does not check: whether the URL is one that the token is meant for, unless there are `allowedOrigins`. Without them give it
 * only URLs of your own choosing. Nor that a `fetch` of your own takes the Authorization header off where a redirect leads to
 * another origin, as the Fetch Standard says and every runtime's own does.
 *
 * @returns a fetch that also throws TokenError: `insecure_url` and `origin_not_allowed` before anything is sent, and what
 *   getToken throws
 * @see RFC 6750 §2.1, §3.1
 */
export const createAttachingFetch =
  (fetch: Fetch, authorize: Authorize): Fetch =>
  async (input, init) => {
    const url = new URL(isRequest(input) ? input.url : input)
    const method = init?.method ?? (isRequest(input) ? input.method : undefined)
    const signal = init?.signal ?? (isRequest(input) ? input.signal : undefined)
    const headers = new Headers(init?.headers ?? (isRequest(input) ? input.headers : undefined))
    const failsOnRedirect = (init?.redirect ?? (isRequest(input) ? input.redirect : undefined)) === 'error'
    let authorized = await authorize({ url, method, signal })
    // ends: next() has at most one new token, and one nonce with each
    for (;;) {
      for (const [name, value] of Object.entries(authorized.headers)) headers.set(name, value)
      const redirect = authorized.headers.dpop !== undefined && !failsOnRedirect && { redirect: 'manual' as const }
      const response = await fetch(input, { ...init, headers, ...redirect })
      // only the origin that was sent the token can refuse it: fetch takes the header off when a redirect leads elsewhere
      if (response.redirected && new URL(response.url).origin !== url.origin) return response
      const next = await authorized.next(response, canSendAgain(input, init))
      if (next === undefined) return response
      await response.body?.cancel()
      authorized = next
    }
  }

const isRequest = (input: Input): input is Request => typeof input !== 'string' && !(input instanceof URL)
