/** One HTTP request over the local socket or TCP, bounded in time and size. */
import { type ClientRequest, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'

export type Place = { readonly socketPath: string } | { readonly url: URL }

export interface HttpRequest {
  readonly method: string
  /** Absolute, with what is in it percent-encoded already. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

const timeoutMs = 30_000
const maxBodyBytes = 16 * 1024 * 1024

/** Sends a request on a connection of its own. @throws {Error} of Node, when there is no answer. */
export const exchange = async (place: Place, { method, path, headers, body }: HttpRequest): Promise<HttpAnswer> => {
  const sent = await open(place, {
    method,
    path,
    agent: false,
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      accept: 'application/json',
      ...headers,
      ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    },
  })
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject).end(body)
  })
  return { status: response.statusCode ?? 0, headers: response.headers, body: await readBody(response) }
}

const open = async (place: Place, options: RequestOptions): Promise<ClientRequest> => {
  if ('socketPath' in place) return httpRequest({ ...options, socketPath: place.socketPath, host: 'localhost' })
  const target = new URL(options.path ?? '/', place.url)
  if (target.protocol === 'http:') return httpRequest(target, options)
  const { request: httpsRequest } = await import('node:https')
  return httpsRequest(target, options)
}

const readBody = async (response: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    // leaving the loop destroys the response
    if (length > maxBodyBytes) throw new Error(`the answer is longer than ${maxBodyBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
