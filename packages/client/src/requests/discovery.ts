/** Finds the token endpoint: from the issuer's metadata, or as it was given. RFC 8414. */
import { type Clock, sanitizeDescription } from '@credence/protocol'
import {
  type AuthorizationServer,
  allowInsecureRequests,
  customFetch,
  discoveryRequest,
  processDiscoveryResponse,
} from 'oauth4webapi'
import { TokenError } from '../token_error.ts'
import { nameUrl } from './bounded_fetch.ts'
import { type Deadline, withDeadline } from './deadline.ts'
import { toTokenError } from './server_answer.ts'
import type { ServerRequests } from './server_requests.ts'

/** Metadata older than this is read again before the next token request. */
const maxAgeMs = 3_600_000

export interface DiscoveryOptions {
  readonly issuer: string
  readonly requests: ServerRequests
  readonly clock: Clock
  readonly deadline: Deadline
}

/**
 * Makes a function that reads the issuer's metadata when it is first needed and keeps it for an hour.
 *
 * One request for any number of callers at once. A failure is not kept: the next caller asks again, and metadata that
 * was read before goes on being used. Where there is no RFC 8414 document, the one of OpenID Connect is read (§5).
 *
 * @returns a function that throws TokenError `issuer_mismatch`, `untrusted_endpoint`, `insecure_url`,
 *   `malformed_response`, `network_error`, `timeout`, `breaker_open` or `temporarily_unavailable`
 * @see RFC 8414 §3
 */
export const createDiscovery = (options: DiscoveryOptions): (() => Promise<AuthorizationServer>) => {
  let known: { readonly server: AuthorizationServer; readonly readAtMs: number } | undefined
  let inFlight: Promise<AuthorizationServer> | undefined

  const read = async () => {
    const readAtMs = options.clock.monotonicMs()
    try {
      const server = await readMetadata(options)
      known = { server, readAtMs }
      return server
    } catch (error) {
      if (known === undefined || (error instanceof TokenError && error.code === 'closed')) throw error
      return known.server
    } finally {
      inFlight = undefined
    }
  }

  return async () => {
    if (known !== undefined && options.clock.monotonicMs() - known.readAtMs < maxAgeMs) return known.server
    inFlight ??= read()
    return inFlight
  }
}

const readMetadata = async (options: DiscoveryOptions): Promise<AuthorizationServer> => {
  const response = await requestMetadata(options, 'oauth2')
  const found = response.status === 404 ? await requestMetadata(options, 'oidc') : response
  if (found.status !== 200) {
    throw toTokenError(found, undefined, {
      endpoint: `metadata of ${options.issuer}`,
      credentials: [],
      clock: options.clock,
    })
  }
  const server = await processDiscoveryResponse(new URL(options.issuer), found).catch((error: unknown) => {
    throw isMismatch(error)
      ? mismatch(options.issuer, 'another issuer')
      : new TokenError('malformed_response', `the metadata of ${options.issuer} is no RFC 8414 document`)
  })
  return checkMetadata(server, options.issuer)
}

const requestMetadata = ({ issuer, requests, deadline }: DiscoveryOptions, algorithm: 'oauth2' | 'oidc') =>
  withDeadline(deadline, (signal) =>
    discoveryRequest(new URL(issuer), {
      algorithm,
      signal,
      // whether http will do was decided when the token manager was created
      [allowInsecureRequests]: true,
      [customFetch]: (url, init) => requests.send('metadata', url, { headers: init.headers, signal }),
    }),
  )

const checkMetadata = (server: AuthorizationServer, issuer: string): AuthorizationServer => {
  // "The "issuer" value returned MUST be identical to the authorization server's issuer identifier value [...].
  // If these values are not identical, the data contained in the response MUST NOT be used."
  if (server.issuer !== issuer) throw mismatch(issuer, sanitizeDescription(server.issuer).slice(0, 200))
  const url = typeof server.token_endpoint === 'string' ? URL.parse(server.token_endpoint) : null
  if (url === null) throw new TokenError('malformed_response', `the metadata of ${issuer} names no token endpoint`)
  // One who can alter the document must not be able to send the credential elsewhere.
  if (url.origin !== new URL(issuer).origin) {
    throw new TokenError(
      'untrusted_endpoint',
      `the metadata of ${issuer} names a token endpoint on ${nameUrl(url.href)}; give it as tokenEndpoint if that is right`,
    )
  }
  return server
}

const isMismatch = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED'

const mismatch = (issuer: string, found: string) =>
  new TokenError(
    'issuer_mismatch',
    `the metadata of ${issuer} is that of ${found}; give the issuer exactly as it is there`,
  )
