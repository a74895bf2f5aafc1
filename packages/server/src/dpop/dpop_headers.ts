/** The headers of DPoP at the token endpoint. RFC 9449 §4.1, §8.1. */
import type { HttpRequest } from '../http/http_request.ts'

/** With the nonce for the next proof. */
export const dpopNonceHeader = 'DPoP-Nonce'

const none: readonly string[] = []

/** Every DPoP header as it came. In `headers` node:http joins two into one. */
export const dpopProofsOf = ({
  headers,
  rawHeaders,
}: Pick<HttpRequest, 'headers' | 'rawHeaders'>): readonly string[] =>
  headers.dpop === undefined
    ? none
    : rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'dpop')
