/** The limit behind Fastify, turn-wise: what the framework costs. */
import Fastify from 'fastify'
import { type Answer, createBareIssuer } from '../servers/bare_issuer.ts'
import { announce } from '../servers/serving.ts'
import { createTurn } from '../servers/turn.ts'

const { answer, jwk } = createBareIssuer('der')
const inTurn = createTurn<Answer>()
const server = Fastify()

server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
  done(null, body),
)

server.post('/oauth/token', async (request, reply) => {
  const { promise, resolve } = Promise.withResolvers<Answer>()
  inTurn({ work: () => answer(request.headers.authorization, String(request.body)), done: resolve })
  const { status, body } = await promise
  reply.header('content-type', 'application/json').header('cache-control', 'no-store').header('pragma', 'no-cache')
  return reply.code(status).send(body)
})

await server.listen({ port: 0, host: '127.0.0.1' })
announce(server.server, '/oauth/token', jwk)
