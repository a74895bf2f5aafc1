/** Each adapter behind a real server, asked over HTTP with a key set that is fetched over HTTP. */
import assert from 'node:assert/strict'
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import express from 'express'
import fastify from 'fastify'
import { createResourceServer, type ResourceServer } from '../index.ts'
import { createTestIssuer, type TestIssuerOptions } from '../testing/test_issuer.ts'
import { requireToken as requireTokenExpress } from './express.ts'
import { requireToken as requireTokenFastify } from './fastify.ts'
import { requireToken as requireTokenNode } from './node.ts'

const opened: Server[] = []

const listen = async (server: Server): Promise<string> => {
  opened.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

after(() => {
  for (const server of opened) {
    server.closeAllConnections()
    server.close()
  }
})

const read = { all: ['orders:read'] }
const write = { all: ['orders:write'] }

const startNode = (orders: ResourceServer) => {
  const readOrders = requireTokenNode(orders, read, (request, response) => {
    response.end(JSON.stringify({ client: request.token.clientId }))
  })
  const writeOrders = requireTokenNode(orders, write, (_, response) => response.end())
  return listen(
    createServer((request, response) =>
      (request.url?.startsWith('/write') ? writeOrders : readOrders)(request, response),
    ),
  )
}

const startExpress = (orders: ResourceServer) => {
  const router = express.Router()
  router.get('/read', requireTokenExpress(orders, read), (request, response) => {
    response.json({ client: request.token?.clientId })
  })
  router.get('/write', requireTokenExpress(orders, write), (_, response) => {
    response.end()
  })
  const app = express()
  app.use(router)
  return listen(createServer(app))
}

const startFastify = async (orders: ResourceServer) => {
  const app = fastify()
  app.get('/read', { onRequest: requireTokenFastify(orders, read) }, async (request) => ({
    client: request.token?.clientId,
  }))
  app.get('/write', { onRequest: requireTokenFastify(orders, write) }, async () => '')
  await app.ready()
  return { app, origin: await listen(app.server) }
}

/** As node:http sends it, which unlike fetch can repeat a header. */
const get = (url: string, headers: Readonly<Record<string, string | string[]>>) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest(url, { headers, agent: false }, (response) => {
      response.resume()
      resolve(response)
    })
      .on('error', reject)
      .end()
  })

describe('adapters over HTTP', () => {
  const origins = new Map<string, string>()
  let sign: (claims?: object) => Promise<string>
  let app: Awaited<ReturnType<typeof startFastify>>['app']
  const resource = 'https://orders.example.com'
  const createOrders = (issuer: string) => createResourceServer({ resource, issuers: [{ issuer }] })
  let down: ResourceServer

  before(async () => {
    let keys: readonly object[] = []
    const issuer = await listen(
      createServer((request, response) => {
        const document = request.url === '/keys' ? { keys } : { issuer, jwks_uri: `${issuer}/keys` }
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
      }),
    )
    const from = await createTestIssuer({ iss: issuer } satisfies TestIssuerOptions)
    keys = [from.jwk]
    const iat = Math.floor(Date.now() / 1000)
    sign = (claims = {}) => from.sign({ iat, exp: iat + 600, ...claims })
    const orders = createOrders(issuer)
    origins.set('node', await startNode(orders))
    origins.set('express', await startExpress(orders))
    const started = await startFastify(orders)
    app = started.app
    origins.set('fastify', started.origin)
    down = createOrders('http://127.0.0.1:1')
  })

  for (const name of ['node', 'express', 'fastify']) {
    const ask = async (path: string, token?: string) =>
      await fetch(
        `${origins.get(name)}${path}`,
        token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
      )

    it(`${name}: a good token passes, and the handler sees it on the request`, async () => {
      const response = await ask('/read?page=2', await sign())
      assert.equal(response.status, 200)
      assert.deepEqual(await response.json(), { client: 'reporter' })
    })

    it(`${name}: RFC 6750 §3.1: each refusal has its status and challenge`, async () => {
      const token = await sign()
      for (const [path, given, status, challenge] of [
        ['/read', undefined, 401, /^Bearer realm="https:\/\/orders\.example\.com"$/],
        ['/read', 'a b', 400, /error="invalid_request"/],
        ['/read', `${token.slice(0, -4)}AAAA`, 401, /error="invalid_token"/],
        ['/read?access_token=x', token, 400, /error="invalid_request"/],
        ['/write', token, 403, /error="insufficient_scope".*scope="orders:write"/],
      ] as const) {
        const response = await ask(path, given)
        assert.equal(response.status, status, path)
        assert.match(response.headers.get('www-authenticate') ?? '', challenge)
        assert.equal(response.headers.get('cache-control'), 'no-store')
        assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
        const document = (await response.json()) as { error?: string }
        assert.equal(document.error, /error="(\w+)"/.exec(String(challenge))?.[1])
      }
    })

    it(`${name}: checklist 35: two Authorization headers are 400`, async () => {
      const bearer = `Bearer ${await sign()}`
      const response = await get(`${origins.get(name)}/read`, { authorization: [bearer, 'Bearer other'] })
      assert.equal(response.statusCode, 400)
    })
  }

  it('express: a token in the query is seen where a router is mounted', async () => {
    const guarded = express()
    const router = express.Router()
    router.get('/', (_, response) => {
      response.end()
    })
    guarded.use('/orders', requireTokenExpress(createOrders('http://127.0.0.1:1')), router)
    const origin = await listen(createServer(guarded))
    assert.equal((await fetch(`${origin}/orders/?access_token=x`)).status, 400)
  })

  it('fastify: works under inject, without a socket', async () => {
    assert.equal((await app.inject('/read')).statusCode, 401)
    const headers = { authorization: `Bearer ${await sign()}` }
    assert.equal((await app.inject({ url: '/read', headers })).statusCode, 200)
  })

  it('checklist 39: an issuer that is down is 503 with Retry-After', async () => {
    const origin = await startNode(down)
    const token = await sign({ iss: 'http://127.0.0.1:1' })
    const response = await fetch(`${origin}/read`, { headers: { authorization: `Bearer ${token}` } })
    assert.equal(response.status, 503)
    assert.equal(response.headers.get('retry-after'), '5')
  })

  it('a requirement that is none stops the start', () => {
    const wrong = { scopes: ['orders:read'] } as object
    assert.throws(() => requireTokenExpress(down, wrong), TypeError)
    assert.throws(() => requireTokenFastify(down, wrong), TypeError)
    assert.throws(() => requireTokenNode(down, wrong, () => {}), TypeError)
  })
})
