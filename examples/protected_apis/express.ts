/** An API in Express 5: one route that needs the scope jobs:read, and one that needs jobs:write. */
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { createResourceServer } from '@credence/verifier'
import { requireToken, serveMetadata } from '@credence/verifier/express'
import express from 'express'

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

const app = express()
app.use(serveMetadata(orders)) // before every guard: it is for those who have no token yet

app.get('/jobs', requireToken(orders, { all: ['jobs:read'] }), (request, response) => {
  response.json({ jobs: ['ship parcels'], readBy: request.token?.clientId })
})

app.post('/jobs', requireToken(orders, { all: ['jobs:write'] }), (_, response) => {
  response.status(201).end()
})

const server = app.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`ready: http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
process.once('SIGTERM', () => server.close())
