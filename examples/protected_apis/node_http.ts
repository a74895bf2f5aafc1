/** An API on node:http: one route that needs the scope jobs:read, and one that needs jobs:write. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { createResourceServer } from '@credence/verifier'
import { requireToken, serveMetadata } from '@credence/verifier/node'

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
    requireToken(orders, { all: ['jobs:read'] }, ({ token }, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ jobs: ['ship parcels'], readBy: token.clientId }))
    }),
  ],
  [
    'POST /jobs',
    requireToken(orders, { all: ['jobs:write'] }, (_, response) => {
      response.writeHead(201).end()
    }),
  ],
])

const app = serveMetadata(orders, (request, response) => {
  const route = routes.get(`${request.method} ${request.url}`)
  if (route) route(request, response)
  else response.writeHead(404).end()
})

const server = createServer(app).listen(Number(PORT), '127.0.0.1', () => {
  console.log(`ready: http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
process.once('SIGTERM', () => server.close())
