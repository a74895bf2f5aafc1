/**
 * The limit: the least a Node server can do and still issue a token for the certificate of its connection. It takes the
 * certificate's thumbprint, compares one HMAC in place of finding the client, and signs turn-wise. Certificates as JSON on
 * standard input.
 */
import { hash } from 'node:crypto'
import { createServer } from 'node:https'
import { json } from 'node:stream/consumers'
import { TLSSocket } from 'node:tls'
import { type Answer, createBareIssuer } from '../servers/bare_issuer.ts'
import { basic, clientId, clientSecret } from '../servers/request.ts'
import { announce } from '../servers/serving.ts'
import { createTurn } from '../servers/turn.ts'
import type { BenchCertificates } from './certificates.ts'

const { server: own, authority } = (await json(process.stdin)) as BenchCertificates
const { answer, jwk } = createBareIssuer('der')
const inTurn = createTurn<Answer>()
const authorization = basic(clientId, clientSecret)
const seen = new WeakMap<TLSSocket, Uint8Array | undefined>()

const certificateOf = (socket: TLSSocket): Uint8Array | undefined => {
  const known = seen.get(socket)
  if (known !== undefined) return known
  const raw = socket.authorized ? socket.getPeerX509Certificate()?.raw : undefined
  seen.set(socket, raw)
  return raw
}

const issue = (socket: unknown, form: string): Answer => {
  const raw = socket instanceof TLSSocket ? certificateOf(socket) : undefined
  if (raw === undefined) return { status: 401, body: '{"error":"invalid_client"}' }
  const thumbprint = hash('sha256', raw, 'base64url')
  return thumbprint.length === 43 ? answer(authorization, form) : { status: 500, body: '' }
}

const server = createServer(
  { ...own, ca: authority, requestCert: true, rejectUnauthorized: false },
  (request, response) => {
    let form = ''
    request.setEncoding('latin1')
    request.on('data', (chunk: string) => {
      form += chunk
    })
    request.on('end', () => {
      inTurn({
        work: () => issue(request.socket, form),
        done: ({ status, body }) => {
          const headers = ['content-type', 'application/json', 'cache-control', 'no-store']
          response.writeHead(status, [...headers, 'content-length', String(body.length)])
          response.end(body, 'latin1')
        },
      })
    })
  },
)
server.listen(0, '127.0.0.1', () => announce(server, '/oauth/token', jwk))
