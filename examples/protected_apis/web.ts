/** An API as one function from Request to Response, as edge runtimes and many frameworks want it, here on Node. */
import process from 'node:process'
import { createResourceServer } from '@credence/verifier'
import { serveMetadata, withToken } from '@credence/verifier/web'
import { serve } from '@hono/node-server'

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

const routes = new Map([
  [
    'GET /jobs',
    withToken(orders, { all: ['jobs:read'] }, ({ token }) =>
      Response.json({ jobs: ['ship parcels'], readBy: token.clientId }),
    ),
  ],
  ['POST /jobs', withToken(orders, { all: ['jobs:write'] }, () => new Response(null, { status: 201 }))],
])

const app = serveMetadata(orders, (request: Request) => {
  const route = routes.get(`${request.method} ${new URL(request.url).pathname}`)
  return route ? route(request) : new Response(null, { status: 404 })
})

const server = serve({ fetch: app, port: Number(PORT), hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`ready: http://127.0.0.1:${port}`)
})
process.once('SIGTERM', () => server.close())
