/** What may stand between an API and its authorization server: a proxy that lets streams through, keeps them back, refuses them, or is gone. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse, request as startRequest } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** `buffer`: an answer is passed on when it has ended. `noStreams`: 502 for a stream. `down`: every connection is cut. */
export type ProxyMode = 'pass' | 'buffer' | 'noStreams' | 'down'

export interface RevocationProxy {
  readonly url: string
  mode: ProxyMode
  /** Where it leads. */
  target: string
  /** Cuts every connection that there is. */
  cut(): void
  /** Requests so far, by what they accept. */
  readonly asked: { pages: number; streams: number }
  close(): Promise<void>
}

export const createRevocationProxy = async (target: string): Promise<RevocationProxy> => {
  const sockets = new Set<Socket>()
  const asked = { pages: 0, streams: 0 }

  const forward = (request: IncomingMessage, response: ServerResponse) => {
    const isStream = request.headers.accept === 'text/event-stream'
    asked[isStream ? 'streams' : 'pages']++
    if (proxy.mode === 'down') return request.socket.destroy()
    if (isStream && proxy.mode === 'noStreams') return response.writeHead(502).end()
    const onward = startRequest(`${proxy.target}${request.url}`, { method: request.method, headers: request.headers })
    response.on('close', () => onward.destroy())
    onward.on('error', () => response.destroy())
    onward.on('response', (answer) => {
      answer.on('error', () => response.destroy())
      if (proxy.mode === 'buffer') {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => response.writeHead(answer.statusCode ?? 502, answer.headers).end(Buffer.concat(chunks)))
        return
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    request.pipe(onward)
  }

  const server = createServer(forward).listen(0, '127.0.0.1')
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await once(server, 'listening')
  const proxy: RevocationProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mode: 'pass',
    target,
    asked,
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    async close() {
      proxy.cut()
      server.close()
      await once(server, 'close')
    },
  }
  return proxy
}
