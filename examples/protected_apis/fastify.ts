/** An API in Fastify 5: one route that needs the scope jobs:read, and one that needs jobs:write. */
import process from 'node:process'
import { createResourceServer } from '@credence/verifier'
import { requireToken, serveMetadata } from '@credence/verifier/fastify'
import fastify from 'fastify'

const {
  CREDENCE_ISSUER = 'http://127.0.0.1:8400',
  ORDERS_AUDIENCE = 'https://orders.example.com',
  PORT = 3000,
} = process.env
const orders = createResourceServer({
  resource: ORDERS_AUDIENCE,
  issuers: [{ issuer: CREDENCE_ISSUER }],
  metadata: { scopesSupported: ['jobs:read', 'jobs:write'] },
})

const app = fastify()
app.addHook('onRequest', serveMetadata(orders)) // before every guard: it is for those who have no token yet

app.get('/jobs', { onRequest: requireToken(orders, { all: ['jobs:read'] }) }, async (request) => ({
  jobs: ['ship parcels'],
  readBy: request.token?.clientId,
}))

app.post('/jobs', { onRequest: requireToken(orders, { all: ['jobs:write'] }) }, async (_, reply) => {
  await reply.code(201).send()
})

console.log(`ready: ${await app.listen({ port: Number(PORT), host: '127.0.0.1' })}`)
process.once('SIGTERM', () => app.close())
