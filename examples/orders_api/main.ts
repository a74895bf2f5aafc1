/** Service B: an API whose routes need different scopes. Nobody gets in without a token that Credence issued for it. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { createResourceServer } from '@credence/verifier'
import { type AuthorizedListener, requireToken } from '@credence/verifier/node'

const { CREDENCE_ISSUER = 'http://127.0.0.1:8400', ORDERS_AUDIENCE = 'https://orders.example.com' } = process.env
const orders = createResourceServer({ resource: ORDERS_AUDIENCE, issuers: [{ issuer: CREDENCE_ISSUER }] })
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

server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`orders_api is ready: http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
process.once('SIGTERM', () => server.close())
