/** An API in Hono 4: one route that needs the scope jobs:read, and one that needs jobs:write. */
import process from 'node:process'
import { createResourceServer } from '@credence/verifier'
import { requireToken, serveMetadata } from '@credence/verifier/hono'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'

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

const app = new Hono()
app.use(serveMetadata(orders)) // before every guard: it is for those who have no token yet

app.get('/jobs', requireToken(orders, { all: ['jobs:read'] }), (c) =>
  c.json({ jobs: ['ship parcels'], readBy: c.get('token').clientId }),
)

app.post('/jobs', requireToken(orders, { all: ['jobs:write'] }), (c) => c.body(null, 201))

const server = serve({ fetch: app.fetch, port: Number(PORT), hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`ready: http://127.0.0.1:${port}`)
})
process.once('SIGTERM', () => server.close())
