/** An API in Koa 3, without a router: one route that needs the scope jobs:read, and one that needs jobs:write. */
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { createResourceServer } from '@credence/verifier'
import { requireToken, serveMetadata, type TokenState } from '@credence/verifier/koa'
import Koa from 'koa'

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

const guards = new Map([
  ['GET /jobs', requireToken(orders, { all: ['jobs:read'] })],
  ['POST /jobs', requireToken(orders, { all: ['jobs:write'] })],
])

const app = new Koa()
app.use(serveMetadata(orders)) // before every guard: it is for those who have no token yet

app.use<TokenState>(async (ctx, next) => {
  // what has no guard has no route either, and stays the 404 that Koa begins with
  await guards.get(`${ctx.method} ${ctx.path}`)?.(ctx, next)
})

app.use<TokenState>((ctx) => {
  if (ctx.method === 'POST') ctx.status = 201
  else ctx.body = { jobs: ['ship parcels'], readBy: ctx.state.token.clientId }
})

const server = app.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`ready: http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
process.once('SIGTERM', () => server.close())
