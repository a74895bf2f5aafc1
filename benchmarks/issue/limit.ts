/**
 * The limit: the least a Node server can do and still issue. Arguments: when it signs (arrival, turn) and what it asks
 * OpenSSL for (der, ieee-p1363).
 */
import { createServer, type ServerResponse } from 'node:http'
import { type Answer, createBareIssuer } from '../servers/bare_issuer.ts'
import { serve } from '../servers/serving.ts'
import { createTurn } from '../servers/turn.ts'

const [when, encoding] = process.argv.slice(2)
const { answer, jwk } = createBareIssuer(encoding === 'ieee-p1363' ? 'ieee-p1363' : 'der')

/** With the two headers that RFC 6749 §5.1 demands. */
const send = (response: ServerResponse, { status, body }: Answer): void => {
  response.writeHead(status, [
    'content-type',
    'application/json',
    'cache-control',
    'no-store',
    'pragma',
    'no-cache',
    'content-length',
    String(body.length),
  ])
  response.end(body, 'latin1')
}

const inTurn = createTurn<Answer>()

const server = createServer((request, response) => {
  const { authorization } = request.headers
  let form = ''
  request.setEncoding('latin1')
  request.on('data', (chunk: string) => {
    form += chunk
  })
  request.on('end', () => {
    if (when === 'turn') inTurn({ work: () => answer(authorization, form), done: (made) => send(response, made) })
    else send(response, answer(authorization, form))
  })
})

serve(server, '/oauth/token', jwk)
