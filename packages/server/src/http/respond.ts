/** The one place where the public endpoints' answers and errors are written. RFC 6749 §5.1, §5.2. */
import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { formatChallenges, OAuthError, type TokenResponse } from '@credence/protocol'
import { StoreError } from '@credence/storage'
import { dpopNonceHeader } from '../dpop/dpop_headers.ts'
import type { HttpResponse } from './http_request.ts'

/** "The authorization server MUST include the HTTP "Cache-Control" response header field with a value of "no-store"". */
const neverStored = ['content-type', 'application/json', 'cache-control', 'no-store', 'pragma', 'no-cache']

const basicChallenge = formatChallenges([{ scheme: 'Basic', parameters: { realm: 'credence' } }])

/**
 * Written out, which takes a third of the time of JSON.stringify: neither a compact JWS nor a scope-token (RFC 6749 §3.3)
 * has a character that JSON would escape.
 *
 * @param dpopNonce for the client's next proof
 * @see RFC 6749 §5.1
 */
export const tokenResponse = (response: TokenResponse, dpopNonce?: string): HttpResponse => ({
  status: 200,
  headers: dpopNonce === undefined ? neverStored : [...neverStored, dpopNonceHeader, dpopNonce],
  body: `{"access_token":"${response.access_token}","token_type":"${response.token_type}","expires_in":${response.expires_in},"scope":"${response.scope}"}`,
})

/** For the caller and nobody's cache. */
export const privateResponse = (body: string, contentType = 'application/json'): HttpResponse => ({
  status: 200,
  headers: ['content-type', contentType, 'cache-control', 'no-store', 'pragma', 'no-cache'],
  body,
})

/** What was made for the caller, a secret in it. */
export const createdResponse = (document: object): HttpResponse => ({
  status: 201,
  headers: neverStored,
  body: JSON.stringify(document),
})

/** RFC 7009 §2.2.1 and RFC 9110 §15.6.4: what the store could not do may work shortly, and nothing is known of it meanwhile. */
const toRefusal = (error: unknown): OAuthError =>
  error instanceof StoreError && error.code === 'unavailable'
    ? new OAuthError('temporarily_unavailable', 'try again shortly', { headers: { 'Retry-After': '1' } })
    : new OAuthError('server_error', 'something went wrong here; it has been logged')

/**
 * Turns whatever was thrown into the answer for the caller. Only an OAuthError says anything about what happened.
 *
 * @see RFC 6749 §5.2
 */
export const errorResponse = (error: unknown): HttpResponse => {
  const refusal = error instanceof OAuthError ? error : toRefusal(error)
  // RFC 9110 §11.6.1: "A server generating a 401 response MUST send a WWW-Authenticate header field"
  const challenge = refusal.status === 401 ? ['www-authenticate', basicChallenge] : []
  return {
    status: refusal.status,
    headers: [...neverStored, ...challenge, ...Object.entries(refusal.headers).flat()],
    body: JSON.stringify(refusal.toResponse()),
  }
}

/** How long a client may keep metadata and key set without asking again. A key is published longer than this before it signs. */
export const documentMaxAgeSeconds = 300

/** A public document, cacheable and revalidated by its own digest. RFC 9110 §13.1.2. */
export const documentResponse = (document: object, requestHeaders: IncomingHttpHeaders): HttpResponse => {
  const body = JSON.stringify(document)
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  const headers = ['cache-control', `public, max-age=${documentMaxAgeSeconds}`, 'etag', etag]
  const known = requestHeaders['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return known?.includes(etag) || known?.includes('*')
    ? { status: 304, headers, body: '' }
    : { status: 200, headers: ['content-type', 'application/json', ...headers], body }
}
