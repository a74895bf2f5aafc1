/** Service B: an API whose routes need different scopes. Nobody gets in without a token that Credence issued for it. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { createResourceServer, revocationFeed } from '@credence/verifier'
import { type AuthorizedListener, requireToken } from '@credence/verifier/node'

const { env } = process
const issuer = env.CREDENCE_ISSUER ?? 'http://127.0.0.1:8400'
// the API's own credentials: credence client create orders-api --serves https://orders.example.com
const { CREDENCE_CLIENT_ID: clientId = 'orders-api', CREDENCE_CLIENT_SECRET: clientSecret } = env

const orders = createResourceServer({
  resource: env.ORDERS_AUDIENCE ?? 'https://orders.example.com',
  issuers: [{ issuer }],
  // hears at once what is revoked; without it, a revoked token is good until it expires
  revocation: clientSecret === undefined ? [] : revocationFeed({ issuer, clientId, clientSecret }),
})
const jobs = ['ship parcels', 'reconcile invoices']

const listJobs: AuthorizedListener = ({ token }, response) => {
  console.log(`jobs read by ${token.clientId} with ${token.claims.credential_id}`)
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ jobs }))
}

const addJob: AuthorizedListener = ({ token }, response) => {
  if (jobs.length < 100) jobs.push(`job of ${token.clientId}`)
  response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ jobs: jobs.length }))
}

const routes = new Map([
  ['GET /jobs', requireToken(orders, { all: ['jobs:read'] }, listJobs)],
  ['POST /jobs', requireToken(orders, { all: ['jobs:write'] }, addJob)],
])

const server = createServer((request, response) => {
  const route = routes.get(`${request.method} ${request.url}`)
  if (route) route(request, response)
  else response.writeHead(404).end()
})

server.listen(Number(env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`orders_api is ready: http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
process.once('SIGTERM', () => {
  orders.close()
  server.close()
})
