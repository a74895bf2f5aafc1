/** A fetch for the authorization server: no redirects, and the answer read whole, up to a bound. */
import { TokenError } from '../token_error.ts'

/** A longer answer than this is not read to its end. Metadata and tokens are a few KB. */
export const maxResponseBytes = 65_536

/** What the authorization server sees, and may show beside the last use of a credential. RFC 9110 §10.1.5. */
export const userAgent = 'credence-client'

/** What fetch has to be here. Every runtime's own is. */
export type Fetch = typeof globalThis.fetch

/** The origin and path of a URL: what may be named in messages. */
export const nameUrl = (url: string): string => {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}

/**
 * Fetches and returns an answer whose body is in memory.
 *
 * @throws {TokenError} `network_error` when there is no whole answer, `malformed_response` on a redirect (credentials
 *   never follow one) or a body above {@link maxResponseBytes}.
 */
export const boundedFetch = async (fetch: Fetch, url: string, init: RequestInit): Promise<Response> => {
  try {
    const headers = new Headers(init.headers)
    headers.set('user-agent', userAgent)
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    const { status } = response
    if (response.type === 'opaqueredirect' || response.redirected || (status >= 300 && status < 400)) {
      await response.body?.cancel()
      throw new TokenError('malformed_response', `${nameUrl(url)} answered with a redirect, which is never followed`, {
        status: status === 0 ? undefined : status,
      })
    }
    const body = await readBounded(response.body, url)
    return new Response(body === '' ? null : body, { status, headers: keptHeaders(response.headers) })
  } catch (error) {
    if (error instanceof TokenError) throw error
    throw new TokenError('network_error', `${nameUrl(url)} could not be reached: ${reasonOf(error)}`)
  }
}

const readBounded = async (body: ReadableStream<Uint8Array> | null, url: string): Promise<string> => {
  if (body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  const reader = body.getReader()
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    bytes += chunk.value.byteLength
    if (bytes > maxResponseBytes) {
      // not waited for: a hostile server may never let go
      reader.cancel().catch(() => undefined)
      throw new TokenError('malformed_response', `${nameUrl(url)} answered with more than ${maxResponseBytes} bytes`)
    }
    text += decoder.decode(chunk.value, { stream: true })
  }
  return text + decoder.decode()
}

const keptHeaders = (headers: Headers): Headers => {
  const kept = new Headers()
  for (const name of ['content-type', 'retry-after', 'date', 'age', 'dpop-nonce']) {
    const value = headers.get(name)
    if (value !== null) kept.set(name, value)
  }
  return kept
}

/** The system's code (ECONNREFUSED, CERT_HAS_EXPIRED …). Messages of other libraries may hold what was sent. */
const reasonOf = (error: unknown): string => {
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    const code = 'code' in at ? at.code : undefined
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,48}$/.test(code)) return code
  }
  return 'connection failed'
}
