/** A real HTTP server on loopback that answers as a test tells it to, faults included. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly form: URLSearchParams
}

export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** An object is sent as JSON. */
  readonly body?: unknown
}

/** Returns the answer, or writes it to the response by itself and returns undefined. */
export type Answering = (
  received: Received,
  response: ServerResponse,
) => Answer | undefined | Promise<Answer | undefined>

export interface FakeServer extends AsyncDisposable {
  readonly url: string
  readonly received: readonly Received[]
}

export const startServer = async (answering: Answering): Promise<FakeServer> => {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    const { method = '', url: path = '', headers } = request
    const arrived = { method, path, headers, body, form: new URLSearchParams(body) }
    received.push(arrived)
    const answer = await answering(arrived, response)
    if (answer === undefined) return
    const isText = typeof answer.body === 'string'
    response.writeHead(answer.status ?? 200, {
      'content-type': isText ? 'text/html' : 'application/json',
      ...answer.headers,
    })
    response.end(isText ? answer.body : JSON.stringify(answer.body ?? {}))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export const metadataPath = '/.well-known/oauth-authorization-server'

export interface FakeAuthorizationServer extends FakeServer {
  /** The token requests among what was received. */
  readonly tokenRequests: () => readonly Received[]
}

/** An authorization server that gives token-1, token-2 … for 600 s, unless `token` answers otherwise. */
export const startAuthorizationServer = async (
  token: (received: Received, count: number, response: ServerResponse) => ReturnType<Answering> = () => ({}),
): Promise<FakeAuthorizationServer> => {
  let count = 0
  const server: FakeServer = await startServer(async (received, response) => {
    if (received.path === metadataPath) {
      return { body: { issuer: server.url, token_endpoint: `${server.url}/oauth/token` } }
    }
    if (received.path !== '/oauth/token') return { status: 404, body: 'not found' }
    count++
    const answer = await token(received, count, response)
    return answer === undefined ? undefined : { body: tokenBody(`token-${count}`), ...answer }
  })
  return Object.assign(server, {
    tokenRequests: () => server.received.filter(({ path }) => path === '/oauth/token'),
  })
}

export const tokenBody = (accessToken: string, more: Readonly<Record<string, unknown>> = {}) => ({
  access_token: accessToken,
  token_type: 'Bearer',
  expires_in: 600,
  ...more,
})
