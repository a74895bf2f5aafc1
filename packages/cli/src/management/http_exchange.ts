/** One HTTP request over the local socket or TCP, bounded in time and size. */
import { type ClientRequest, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'

export type Place = { readonly socketPath: string } | { readonly url: URL }

export interface HttpRequest {
  readonly method: string
  /** Absolute, with what is in it percent-encoded already. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Takes the body of a good answer as it comes, in place of reading it into memory. It may take any time, but never stop. */
  readonly receive?: (body: IncomingMessage) => Promise<void>
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

const timeoutMs = 30_000
const maxBodyBytes = 16 * 1024 * 1024

/** Sends a request on a connection of its own. @throws {Error} of Node, when there is no answer. */
export const exchange = async (
  place: Place,
  { method, path, headers, body, receive }: HttpRequest,
): Promise<HttpAnswer> => {
  const sent = await open(place, {
    method,
    path,
    agent: false,
    ...(receive === undefined ? { signal: AbortSignal.timeout(timeoutMs) } : { timeout: timeoutMs }),
    headers: {
      accept: 'application/json',
      ...headers,
      ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    },
  })
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject).end(body)
  })
  const { statusCode: status = 0, headers: answered } = response
  if (receive === undefined || status !== 200) return { status, headers: answered, body: await readBody(response) }
  sent.on('timeout', () => response.destroy(new Error(`nothing came for ${timeoutMs} ms`)))
  await receive(response)
  return { status, headers: answered, body: '' }
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
