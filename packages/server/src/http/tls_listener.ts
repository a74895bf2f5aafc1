/** The HTTP server over TLS: its certificate is replaced while it runs, and its handshakes are bounded. RFC 9110 §4.2.2, RFC 9325. */
import type { RequestListener, Server, ServerOptions } from 'node:http'
import { createServer } from 'node:https'
import type { Socket } from 'node:net'
import type { ClientCertificates } from './client_certificate.ts'
import { contextOptions, type TlsFiles, type TlsMaterial } from './tls_listener_files.ts'

export interface TlsListenerOptions {
  readonly files: TlsFiles
  readonly material: TlsMaterial
  /** Given, each client is asked for its certificate, and need not have one. RFC 8705 §6.5. */
  readonly certificates: ClientCertificates | undefined
  /** How long a handshake may take; as long as a client has for the headers of a request unless given. */
  readonly handshakeTimeoutMs?: number
}

export interface TlsListener {
  readonly server: Server
  /** Ends the handshakes that are under way: no request has come over them. */
  readonly abandonHandshakes: () => void
}

export const createTlsListener = (
  limits: ServerOptions,
  listener: RequestListener,
  { files, material, certificates, handshakeTimeoutMs = 10_000 }: TlsListenerOptions,
): TlsListener => {
  const server = createServer(
    {
      ...limits,
      ...contextOptions(material),
      handshakeTimeout: handshakeTimeoutMs,
      requestCert: certificates !== undefined,
      // a certificate that nobody signed may be a client's own: which one counts for what is not the handshake's to say
      rejectUnauthorized: false,
    },
    (request, response) => {
      if (certificates?.isOutdated(request)) response.shouldKeepAlive = false
      listener(request, response)
    },
  )
  files.follow((next) => server.setSecureContext(contextOptions(next)))

  const handshakes = new Map<string, { readonly socket: Socket; readonly version: number }>()
  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket)
    handshakes.set(key, { socket, version: certificates?.version() ?? 0 })
    socket.once('close', () => {
      if (handshakes.get(key)?.socket === socket) handshakes.delete(key)
    })
  })
  server.on('secureConnection', (socket) => {
    const key = keyOf(socket)
    const handshake = handshakes.get(key)
    handshakes.delete(key)
    if (handshake !== undefined) certificates?.established(socket, handshake.version)
  })
  return {
    server,
    abandonHandshakes() {
      for (const { socket } of handshakes.values()) socket.destroy()
    },
  }
}

/** The TLS socket is not the one that the connection came as, but has its other end. */
const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`
