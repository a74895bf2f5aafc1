/** What is particular to one framework, and what needs more than a bearer token. */
import 'reflect-metadata'
import assert from 'node:assert/strict'
import { hash, randomUUID, X509Certificate } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { createServer, request as httpRequest, IncomingMessage } from 'node:http'
import { type RequestOptions, request as tlsRequest } from 'node:https'
import { createRequire } from 'node:module'
import { Socket } from 'node:net'
import { after, describe, it } from 'node:test'
import {
  createLocalKeySet,
  createSigner,
  generateSigningKeyPair,
  keyThumbprint,
  publicJwk,
  signCompact,
} from '@credence/jwt'
import type { ExecutionContext } from '@nestjs/common'
import express from 'express'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { z } from 'zod'
import { createResourceServer, type ResourceServer } from '../index.ts'
import { type GuardedApp, guardedApps, listening, read } from '../testing/guarded_apps.ts'
import { createTestIssuer, issuer } from '../testing/test_issuer.ts'
import * as expressAdapter from './express.ts'
import * as fastifyAdapter from './fastify.ts'
import * as honoAdapter from './hono.ts'
import { fromIncomingMessage } from './incoming_message.ts'
import * as koaAdapter from './koa.ts'
import * as nestAdapter from './nest.ts'
import * as nodeAdapter from './node.ts'
import * as webAdapter from './web.ts'

interface SelfSigned {
  readonly generate: (
    attributes: readonly { readonly name: string; readonly value: string }[],
    options: object,
  ) => Promise<{ readonly private: string; readonly cert: string }>
}

// declared by the package whose tests need it most
const { generate }: SelfSigned = createRequire(import.meta.url)('selfsigned')
const makeCertificate = (commonName: string) =>
  generate([{ name: 'commonName', value: commonName }], { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' })

const resource = 'https://orders.example.com'
const from = await createTestIssuer()
const issuers = [{ issuer, keys: createLocalKeySet({ keys: [from.jwk] }) }]
const iat = Math.floor(Date.now() / 1000)
const sign = (claims = {}) => from.sign({ iat, exp: iat + 600, ...claims })
const bearer = async (claims = {}) => ({ authorization: `Bearer ${await sign(claims)}` })
const orders = createResourceServer({ resource, issuers })
/** An API whose tokens say which tenant they are for. */
const ofTenants = createResourceServer({ resource, issuers, claims: z.object({ tenant: z.string() }) })
const withNonce: ResourceServer = {
  ...orders,
  verify: async (...asked) => {
    const result = await orders.verify(...asked)
    return result.ok ? { ...result, headers: { 'dpop-nonce': 'nonce-2' } } : result
  },
}

const opened: GuardedApp[] = []
after(() => Promise.all(opened.map((app) => app.close())))
const open = async (app: GuardedApp | Promise<GuardedApp>): Promise<string> => {
  opened.push(await app)
  return (await app).origin
}

describe('DPoP through the adapters', () => {
  for (const [name, start] of Object.entries(guardedApps)) {
    it(`RFC 9449 §8.2 and §9: ${name}: a nonce is asked for, then the proof for this method and URL passes, once`, async () => {
      const { privateKey, publicKey } = await generateSigningKeyPair('ES256')
      const signer = createSigner({ privateKey, algorithm: 'ES256', kid: 'proof' })
      const { kid: _, use: __, ...jwk } = publicJwk(publicKey, { algorithm: 'ES256', kid: 'proof' })
      const token = await sign({ cnf: { jkt: keyThumbprint(publicKey) } })
      const ath = hash('sha256', token, 'base64url')
      const prove = (claims: object) =>
        signCompact(signer, Buffer.from(JSON.stringify({ typ: 'dpop+jwt', alg: 'ES256', jwk })).toString('base64url'), {
          jti: randomUUID(),
          htm: 'GET',
          htu: `${resource}/read`,
          iat,
          ath,
          ...claims,
        })
      const dpop = createResourceServer({ resource, issuers, metadata: {}, dpop: { requireNonce: true } })
      const origin = await open(start(dpop))
      const ask = async (proof: string) =>
        await fetch(`${origin}/read?page=2`, { headers: { authorization: `DPoP ${token}`, dpop: proof } })

      const asked = await ask(await prove({}))
      assert.equal(asked.status, 401)
      assert.match(asked.headers.get('www-authenticate') ?? '', /error="use_dpop_nonce"/)
      const nonce = asked.headers.get('dpop-nonce') ?? ''
      assert.notEqual(nonce, '')
      for (const wrong of [{ htm: 'POST' }, { htu: `${resource}/write` }, { htu: `${origin}/read` }]) {
        assert.equal((await ask(await prove({ nonce, ...wrong }))).status, 401)
      }
      const good = await prove({ nonce })
      const accepted = await ask(good)
      assert.equal(accepted.status, 200)
      assert.deepEqual(await accepted.json(), { client: 'reporter' })
      assert.notEqual(accepted.headers.get('dpop-nonce'), null)
      assert.equal((await ask(good)).status, 401)
    })
  }
})

/** The status of a GET with this client certificate. */
const getOverTls = async (url: string, options: RequestOptions): Promise<number | undefined> => {
  const [response]: IncomingMessage[] = await once(
    tlsRequest(url, { ...options, rejectUnauthorized: false, agent: false }).end(),
    'response',
  )
  response?.resume()
  return response?.statusCode
}

describe('client certificates through the adapters', async () => {
  const server = await makeCertificate('orders.example.com')
  const mine = await makeCertificate('reporter')
  const other = await makeCertificate('reporter')
  const tls = { key: server.private, cert: server.cert, requestCert: true, rejectUnauthorized: false }
  const thumbprint = hash('sha256', new X509Certificate(mine.cert).raw, 'base64url')
  const headers = await bearer({ cnf: { 'x5t#S256': thumbprint } })

  for (const [name, start] of Object.entries(guardedApps)) {
    // a fetch Request has no connection to ask
    const expected = name === 'web' ? 401 : 200
    it(`RFC 8705 §3: ${name}: the token of a certificate, with it ${expected}, with another or none 401`, async () => {
      const mutual = createResourceServer({ resource, issuers, metadata: {} })
      const url = `${await open(start(mutual, tls))}/read`
      const { private: key, cert } = mine
      assert.equal(await getOverTls(url, { headers, key, cert }), expected)
      assert.equal(await getOverTls(url, { headers, key: other.private, cert: other.cert }), 401)
      assert.equal(await getOverTls(url, { headers }), 401)
    })
  }
})

describe('every adapter', () => {
  it('a requirement that is none stops the start', () => {
    const wrong = { scopes: ['orders:read'] } as object
    assert.throws(() => nodeAdapter.requireToken(orders, wrong, () => {}), TypeError)
    assert.throws(() => expressAdapter.requireToken(orders, wrong), TypeError)
    assert.throws(() => fastifyAdapter.requireToken(orders, wrong), TypeError)
    assert.throws(() => honoAdapter.requireToken(orders, wrong), TypeError)
    assert.throws(() => koaAdapter.requireToken(orders, wrong), TypeError)
    assert.throws(() => nestAdapter.createTokenGuard(orders, wrong), TypeError)
    assert.throws(() => webAdapter.withToken(orders, wrong, () => new Response()), TypeError)
  })

  it('metadata that was not given stops the start of whoever would serve it', () => {
    const handler = () => {}
    for (const serve of [
      () => nodeAdapter.serveMetadata(orders, handler),
      () => expressAdapter.serveMetadata(orders),
      () => fastifyAdapter.serveMetadata(orders),
      () => honoAdapter.serveMetadata(orders),
      () => koaAdapter.serveMetadata(orders),
      () => nestAdapter.serveMetadata(orders),
      () => webAdapter.serveMetadata(orders, () => new Response()),
    ]) {
      assert.throws(serve, TypeError)
    }
  })
})

/** An API that notes the URLs which it is asked about. */
const createNotingUrls = () => {
  const urls: (string | undefined)[] = []
  const noting: ResourceServer = {
    ...orders,
    verify: async (...asked) => {
      urls.push(asked[0].url)
      return orders.verify(...asked)
    },
  }
  return { urls, noting }
}

describe('fromIncomingMessage', () => {
  it('reads certificate and address of the connection when they are asked for, and not before', () => {
    let asked = 0
    const raw = Uint8Array.of(0x30)
    const socket = Object.assign(new Socket(), {
      getPeerX509Certificate: () => {
        asked++
        return { raw }
      },
    })
    Object.defineProperty(socket, 'remoteAddress', { value: '10.0.0.7' })
    const request = fromIncomingMessage(new IncomingMessage(socket))
    assert.equal(asked, 0)
    assert.equal(request.certificate?.raw, raw)
    assert.equal(request.remoteAddress, '10.0.0.7')
  })

  it('has no certificate where the connection is not TLS', () => {
    assert.equal(fromIncomingMessage(new IncomingMessage(new Socket())).certificate, undefined)
  })
})

describe('express', () => {
  it('RFC 9449 §4.3: where a router is mounted, the URL is still the one the client sent', async () => {
    const { urls, noting } = createNotingUrls()
    const app = express()
    const router = express.Router()
    router.use(expressAdapter.requireToken(noting))
    router.get('/open', (_, response) => {
      response.end()
    })
    app.use('/orders', router)
    const origin = await open(listening(createServer(app)))
    assert.equal((await fetch(`${origin}/orders/open?access_token=x`)).status, 400)
    assert.equal((await fetch(`${origin}/orders/open`, { headers: await bearer() })).status, 200)
    assert.deepEqual(urls, ['/orders/open?access_token=x', '/orders/open'])
  })

  it('the metadata document is found where its middleware is mounted', async () => {
    const app = express()
    app.use('/.well-known', expressAdapter.serveMetadata(createResourceServer({ resource, issuers, metadata: {} })))
    const origin = await open(listening(createServer(app)))
    assert.equal((await fetch(`${origin}/.well-known/oauth-protected-resource`)).status, 200)
  })

  it('tokenOf: typed by the schema, and only behind a guard of the same resource server', async () => {
    const app = express()
    app.get('/', expressAdapter.requireToken(ofTenants), (request, response) => {
      assert.throws(() => expressAdapter.tokenOf(orders, request), TypeError)
      const tenant: string = expressAdapter.tokenOf(ofTenants, request).claims.tenant
      response.send(tenant)
    })
    app.get('/open', (request, response) => {
      assert.throws(() => expressAdapter.tokenOf(ofTenants, request), TypeError)
      response.end()
    })
    const origin = await open(listening(createServer(app)))
    const response = await fetch(origin, { headers: await bearer({ tenant: 'acme' }) })
    assert.deepEqual([response.status, await response.text()], [200, 'acme'])
    assert.equal((await fetch(`${origin}/open`)).status, 200)
  })
})

describe('fastify', () => {
  it('works under inject, without a socket, and for a whole plugin', async () => {
    const app = fastify()
    await app.register(async (guarded) => {
      guarded.addHook('onRequest', fastifyAdapter.requireToken(ofTenants, read))
      guarded.get('/', async (request) => fastifyAdapter.tokenOf(ofTenants, request).claims.tenant.toUpperCase())
    })
    assert.equal((await app.inject('/')).statusCode, 401)
    const answer = await app.inject({ url: '/', headers: await bearer({ tenant: 'acme' }) })
    assert.deepEqual([answer.statusCode, answer.body], [200, 'ACME'])
    await app.close()
  })
})

describe('fastify and koa', () => {
  it('RFC 9449 §4.3: where a URL was rewritten, it is still the one the client sent', async () => {
    const { urls, noting } = createNotingUrls()
    const app = fastify({ rewriteUrl: () => '/orders' })
    app.get('/orders', { onRequest: fastifyAdapter.requireToken(noting) }, async () => '')
    assert.equal((await app.inject({ url: '/v1/orders', headers: await bearer() })).statusCode, 200)
    await app.close()

    const koa = new Koa()
    koa.use((ctx, next) => {
      ctx.url = '/orders'
      return next()
    })
    koa.use(koaAdapter.requireToken(noting))
    await fetch(`${await open(listening(createServer(koa.callback())))}/v2/orders`)
    assert.deepEqual(urls, ['/v1/orders', '/v2/orders'])
  })
})

describe('hono', () => {
  it("works without Node's server, and c.get('token') is typed by the schema", async () => {
    const app = new Hono()
    app.get('/', honoAdapter.requireToken(ofTenants, read), (c) => c.text(c.get('token').claims.tenant.toUpperCase()))
    assert.equal((await app.request('/')).status, 401)
    const response = await app.request('/', { headers: await bearer({ tenant: 'acme' }) })
    assert.deepEqual([response.status, await response.text()], [200, 'ACME'])
  })

  it('the nonce is also on a Response that the handler made itself, and on the answer to an error', async () => {
    const app = new Hono()
    app.use(honoAdapter.requireToken(withNonce))
    app.get('/', () => new Response('own'))
    app.get('/fails', () => {
      throw new Error('handler')
    })
    app.onError((_, c) => c.text('failed', 500))
    for (const [path, status] of [
      ['/', 200],
      ['/fails', 500],
    ] as const) {
      const response = await app.request(path, { headers: await bearer() })
      assert.deepEqual([response.status, response.headers.get('dpop-nonce')], [status, 'nonce-2'])
    }
  })
})

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

describe('koa', () => {
  it('ctx.state.token is typed by the schema', async () => {
    const app = new Koa().use(koaAdapter.requireToken(ofTenants, read)).use((ctx) => {
      const isTyped: Equal<typeof ctx.state.token.claims.tenant, string> = true
      ctx.body = isTyped && ctx.state.token.claims.tenant.toUpperCase()
    })
    const origin = await open(listening(createServer(app.callback())))
    const response = await fetch(origin, { headers: await bearer({ tenant: 'acme' }) })
    assert.deepEqual([response.status, await response.text()], [200, 'ACME'])
  })
})

describe('node', () => {
  it('what a custom requirement throws is the rejection of the listener, which Node answers with 500 if told to', async () => {
    const broken = () => {
      throw new Error('the directory is away')
    }
    EventEmitter.captureRejections = true
    const server = createServer(nodeAdapter.requireToken(orders, { custom: broken }, (_, response) => response.end()))
    EventEmitter.captureRejections = false
    const origin = await open(listening(server))
    assert.equal((await fetch(origin, { headers: await bearer() })).status, 500)
  })

  it('request.token is typed by the schema', async () => {
    const listener = nodeAdapter.requireToken(ofTenants, read, ({ token }, response) => {
      response.end(token.claims.tenant.toUpperCase())
    })
    const origin = await open(listening(createServer(listener)))
    const response = await fetch(origin, { headers: await bearer({ tenant: 'acme' }) })
    assert.deepEqual([response.status, await response.text()], [200, 'ACME'])
  })
})

describe('web', () => {
  it('hands on what the runtime gives beside the request, and request.token is typed by the schema', async () => {
    const handler = webAdapter.withToken(ofTenants, read, ({ token }, env: { readonly region: string }) =>
      Response.json([token.claims.tenant.toUpperCase(), env.region]),
    )
    const response = await handler(new Request(resource, { headers: await bearer({ tenant: 'acme' }) }), {
      region: 'eu',
    })
    assert.deepEqual(await response.json(), ['ACME', 'eu'])
  })

  it('the nonce is also on a Response whose headers cannot be set', async () => {
    const handler = webAdapter.withToken(withNonce, {}, () => fetch('data:text/plain,fetched'))
    const response = await handler(new Request(resource, { headers: await bearer() }))
    assert.deepEqual([await response.text(), response.headers.get('dpop-nonce')], ['fetched', 'nonce-2'])
  })

  it('RFC 9728 §3.1: the metadata of a resource with a query are at that query alone', async () => {
    const withQuery = createResourceServer({ resource: `${resource}/?tenant=1`, issuers, metadata: {} })
    const handler = webAdapter.serveMetadata(withQuery, () => new Response(null, { status: 404 }))
    for (const [query, status] of [
      ['?tenant=1', 200],
      ['?tenant=2', 404],
      ['', 404],
    ] as const) {
      const url = `${resource}/.well-known/oauth-protected-resource${query}`
      assert.equal((await handler(new Request(url))).status, status, query)
    }
  })
})

describe('nest', () => {
  const contextOf = (request: object, response: object, type = 'http') =>
    ({
      getType: () => type,
      switchToHttp: () => ({ getRequest: () => request, getResponse: () => response }),
    }) as ExecutionContext

  it("guards the requests of Nest's Fastify platform as well", async () => {
    const guard = nestAdapter.createTokenGuard(withNonce, read)
    const app = fastify()
    app.get('/', async (request: FastifyRequest, reply: FastifyReply) => {
      await guard.canActivate(contextOf(request, reply))
      return request.token?.clientId
    })
    app.setErrorHandler((error: { getStatus(): number; getResponse(): object }, _, reply) =>
      reply.code(error.getStatus()).send(error.getResponse()),
    )
    const refused = await app.inject('/?access_token=x')
    assert.equal(refused.statusCode, 400)
    assert.match(String(refused.headers['www-authenticate']), /^Bearer .*error="invalid_request"/)
    const accepted = await app.inject({ url: '/', headers: await bearer() })
    assert.deepEqual([accepted.statusCode, accepted.body, accepted.headers['dpop-nonce']], [200, 'reporter', 'nonce-2'])
    // Fastify's own request has only the first of the two
    await app.listen({ port: 0, host: '127.0.0.1' })
    const origin = await open(listening(app.server))
    const { authorization } = await bearer()
    const sent = httpRequest(origin, { agent: false })
    sent.setHeader('authorization', [authorization, 'Bearer other']).end()
    const [response]: IncomingMessage[] = await once(sent, 'response')
    assert.equal(response?.resume().statusCode, 400)
    await app.close()
  })

  it('lets nothing pass that is not HTTP', async () => {
    const request = Object.assign(new IncomingMessage(new Socket()), { headers: await bearer() })
    const context = contextOf(request, { header: () => {} }, 'rpc')
    await assert.rejects(nestAdapter.createTokenGuard(orders).canActivate(context), /HTTP requests only/)
  })
})
