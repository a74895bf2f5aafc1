/** What the adapters share: Node's request as the verifier reads it, and an answer written to Node's response. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { ResourceRequest } from '../request.ts'

/**
 * A request for the verifier. `url` is given where a framework changes the message's own. The connection is only asked
 * for what a token makes necessary: to parse a certificate costs more than to verify a token that was seen before.
 */
export const fromIncomingMessage = (message: IncomingMessage, url = message.url): ResourceRequest =>
  new MessageRequest(message, url)

/** A class, since there is one for every request: an object with getters of its own costs more than a verified token. */
class MessageRequest implements ResourceRequest {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: ResourceRequest['headers']
  readonly #message: IncomingMessage

  constructor(message: IncomingMessage, url: string | undefined) {
    this.method = message.method
    this.url = url
    // Node keeps the first of two Authorization headers in `headers`. A second one is only seen in `headersDistinct`,
    // which HTTP/2 and some test doubles lack
    this.headers = 'headersDistinct' in message ? message.headersDistinct : (message as IncomingMessage).headers
    this.#message = message
  }

  get certificate() {
    return peerCertificate(this.#message.socket)
  }

  get remoteAddress() {
    return this.#message.socket.remoteAddress
  }
}

const peerCertificate = (socket: Socket | TLSSocket) =>
  'getPeerX509Certificate' in socket ? socket.getPeerX509Certificate() : undefined

/** Status, headers and body of an answer that is complete: a refusal, or the metadata document. */
export interface CompleteAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export const writeAnswer = (response: ServerResponse, { status, headers, body }: CompleteAnswer): void => {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
}

/** Headers that go with the handler's own answer, such as a DPoP-Nonce. */
export const setHeaders = (response: ServerResponse, headers: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
}
