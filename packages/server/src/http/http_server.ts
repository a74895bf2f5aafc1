/** A listening HTTP server that is there before its application is, and that drains before it goes. RFC 9112. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { keepTickShape } from './tick_shape.ts'
import { createTlsListener, type TlsListenerOptions } from './tls_listener.ts'

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void

export interface HttpServer {
  /** The port it listens on; undefined on a socket. */
  readonly port: number | undefined
  /** Answers requests from now on. Before, they are answered with 503. */
  serve(handler: RequestHandler): void
  /** Accepts no more connections, lets requests under way finish, and cuts what is left after `graceMs`. */
  drain(graceMs: number): Promise<void>
}

export type ListenAddress = { readonly host: string; readonly port: number } | { readonly socketPath: string }

/** Milliseconds and bytes, so that a slow or large request costs little. */
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 2_000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16 * 1024,
  noDelay: true,
} as const

/** Listens on a TCP address, over TLS where `tls` is given, or on a socket that only the owner of this process can open. */
export const listen = async (address: ListenAddress, tls?: TlsListenerOptions): Promise<HttpServer> => {
  keepTickShape()
  let handler: RequestHandler = answerStarting
  const listener: RequestHandler = (request, response) => handler(request, response)
  const secure = tls && createTlsListener(limits, listener, tls)
  const server = secure?.server ?? createServer(limits, listener)
  if ('socketPath' in address) {
    // the socket is created within listen(), with what the umask leaves: read and write for its owner
    const umask = process.umask(0o177)
    server.listen(address.socketPath)
    process.umask(umask)
  } else {
    server.listen(address.port, address.host)
  }
  await once(server, 'listening')

  return {
    port: 'socketPath' in address ? undefined : (server.address() as AddressInfo).port,
    serve(next) {
      handler = next
    },
    async drain(graceMs) {
      const closed = once(server, 'close')
      server.close()
      secure?.abandonHandshakes()
      const deadline = performance.now() + graceMs
      let done = false
      closed.then(() => {
        done = true
      })
      // a connection that was busy at close() becomes idle later, and would be kept alive
      while (!done && performance.now() < deadline) {
        server.closeIdleConnections()
        await Promise.race([closed, delay(50)])
      }
      server.closeAllConnections()
      await closed
    },
  }
}

const answerStarting: RequestHandler = (_request, response) => {
  response.writeHead(503, {
    'retry-after': '1',
    'content-type': 'application/json',
    'cache-control': 'no-store',
    pragma: 'no-cache',
  })
  response.end('{"error":"temporarily_unavailable","error_description":"starting"}')
}
