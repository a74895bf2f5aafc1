/** HTTP as these tests need it: any method, any header, any bytes, over TCP or a socket, and the answer as it came. RFC 9112. */
import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request as startRequest } from 'node:http'

/** A listener: `http://127.0.0.1:PORT`, or the path of a socket. */
export type Listener = { readonly url: string } | { readonly socketPath: string }

export interface HttpCall {
  readonly method?: string
  /** Path and query, sent as they are. */
  readonly path: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Uint8Array
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** No answer takes longer; milliseconds. */
const patienceMs = 20_000

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

/** Sends one request and reads the answer, even when the server answers before it has read all of the request. */
export const sendHttp = (listener: Listener, { method = 'GET', path, headers, body }: HttpCall): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const { hostname: host, port } =
      'url' in listener ? new URL(listener.url) : { hostname: undefined, port: undefined }
    const request = startRequest(
      {
        ...('socketPath' in listener ? listener : { host, port, agent }),
        method,
        path,
        headers: { ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }), ...headers },
        signal: AbortSignal.timeout(patienceMs),
        // a test of the server's limits is not stopped by the client's own
        maxHeaderSize: 1024 * 1024,
      },
      (response) => {
        response.setEncoding('utf8')
        let text = ''
        response.on('data', (part: string) => {
          text += part
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
        response.on('error', reject)
      },
    )
    request.on('error', reject)
    request.end(body)
  })

/** The members of a JSON object. @throws {TypeError} when the answer is none. */
export const jsonOf = ({ body }: HttpAnswer): Readonly<Record<string, unknown>> => {
  const value: unknown = JSON.parse(body)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('not a JSON object')
  return value as Readonly<Record<string, unknown>>
}
