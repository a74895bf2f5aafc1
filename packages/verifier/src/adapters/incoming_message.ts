/** What the adapters share: Node's request as the verifier reads it, and a refusal written to Node's response. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Refusal } from '../refusal.ts'
import type { ResourceRequest } from '../request.ts'

/**
 * A request for the verifier. Node keeps the first of two Authorization headers in `headers`, so that a second one is
 * only seen in `headersDistinct`, which HTTP/2 and some test doubles lack.
 */
export const fromIncomingMessage = (request: IncomingMessage): ResourceRequest => ({
  method: request.method,
  url: request.url,
  headers: 'headersDistinct' in request ? request.headersDistinct : (request as IncomingMessage).headers,
})

export const writeRefusal = (response: ServerResponse, { status, headers, body }: Refusal): void => {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
}
