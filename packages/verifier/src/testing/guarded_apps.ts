/** The same small API in every framework that has an adapter, so that one table of expectations fits them all. */
import 'reflect-metadata'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Controller, Get, Module, Req, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import type { AccessToken } from '../access_token.ts'
import * as expressAdapter from '../adapters/express.ts'
import * as fastifyAdapter from '../adapters/fastify.ts'
import * as honoAdapter from '../adapters/hono.ts'
import * as koaAdapter from '../adapters/koa.ts'
import * as nestAdapter from '../adapters/nest.ts'
import * as nodeAdapter from '../adapters/node.ts'
import * as webAdapter from '../adapters/web.ts'
import type { ResourceServer } from '../resource_server.ts'

export interface GuardedApp {
  readonly origin: string
  close(): unknown
}

/** Of a server that asks for the client's certificate. */
export interface TlsOptions {
  readonly key: string
  readonly cert: string
  readonly requestCert: boolean
  readonly rejectUnauthorized: boolean
}

export const read = { all: ['orders:read'] }
export const write = { all: ['orders:write'] }

/** What `/read` answers with. */
const seen = (token: AccessToken | undefined) => ({ client: token?.clientId })

export const listening = async (server: Server): Promise<GuardedApp> => {
  if (!server.listening) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `${server instanceof TlsServer ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** With TLS where options for it are given. */
const serving = (app: RequestListener, tls: TlsOptions | undefined): Promise<GuardedApp> =>
  listening(tls === undefined ? createServer(app) : createTlsServer(tls, app))

const routed =
  (routes: Readonly<Record<string, RequestListener>>): RequestListener =>
  (request, response) => {
    const route = routes[request.url?.split('?')[0] ?? '']
    if (route) return route(request, response)
    response.writeHead(404).end()
  }

const startNode = (orders: ResourceServer, tls?: TlsOptions) => {
  const { requireToken, serveMetadata } = nodeAdapter
  const app = routed({
    '/read': requireToken(orders, read, ({ token }, response) => response.end(JSON.stringify(seen(token)))),
    '/write': requireToken(orders, write, (_, response) => response.end()),
  })
  return serving(serveMetadata(orders, app), tls)
}

const startExpress = (orders: ResourceServer, tls?: TlsOptions) => {
  const { requireToken, serveMetadata } = expressAdapter
  const app = express()
  app.use(serveMetadata(orders))
  app.get('/read', requireToken(orders, read), (request, response) => {
    response.json(seen(request.token))
  })
  app.get('/write', requireToken(orders, write), (_, response) => {
    response.end()
  })
  return serving(app, tls)
}

const startFastify = async (orders: ResourceServer, tls?: TlsOptions) => {
  const { requireToken, serveMetadata } = fastifyAdapter
  const app = fastify({
    serverFactory: (handler) => (tls === undefined ? createServer(handler) : createTlsServer(tls, handler)),
  })
  app.addHook('onRequest', serveMetadata(orders))
  app.get('/read', { onRequest: requireToken(orders, read) }, async (request) => seen(request.token))
  app.get('/write', { onRequest: requireToken(orders, write) }, async () => '')
  await app.ready()
  return listening(app.server)
}

const startHono = (orders: ResourceServer, tls?: TlsOptions) => {
  const { requireToken, serveMetadata } = honoAdapter
  const app = new Hono()
  app.use(serveMetadata(orders))
  app.get('/read', requireToken(orders, read), (c) => c.json(seen(c.get('token'))))
  app.get('/write', requireToken(orders, write), (c) => c.body(null))
  return serving(getRequestListener(app.fetch), tls)
}

const startKoa = (orders: ResourceServer, tls?: TlsOptions) => {
  const { requireToken, serveMetadata } = koaAdapter
  const mayRead = requireToken(orders, read)
  const mayWrite = requireToken(orders, write)
  const app = new Koa()
  app.use(serveMetadata(orders))
  app.use<koaAdapter.TokenState>(async (ctx, next) => {
    if (ctx.path === '/write') await mayWrite(ctx, next)
    else if (ctx.path === '/read') await mayRead(ctx, next)
  })
  app.use<koaAdapter.TokenState>((ctx) => {
    ctx.body = ctx.path === '/read' ? seen(ctx.state.token) : ''
  })
  return serving(app.callback(), tls)
}

const startNest = async (orders: ResourceServer, tls?: TlsOptions) => {
  const { createTokenGuard, serveMetadata } = nestAdapter
  class OrdersController {
    read({ token }: { readonly token?: AccessToken }) {
      return seen(token)
    }
    write() {}
  }
  // type stripping has no syntax for decorators: they are called as the functions they are
  const { prototype } = OrdersController
  for (const [name, requirement] of [
    ['read', read],
    ['write', write],
  ] as const) {
    const descriptor: PropertyDescriptor = { value: prototype[name] }
    Get(name)(prototype, name, descriptor)
    UseGuards(createTokenGuard(orders, requirement))(prototype, name, descriptor)
  }
  Req()(prototype, 'read', 0)
  Controller()(OrdersController)
  class App {}
  Module({ controllers: [OrdersController] })(App)
  const app = await NestFactory.create(App, { logger: false, ...(tls && { httpsOptions: tls }) })
  app.use(serveMetadata(orders))
  await app.listen(0, '127.0.0.1')
  return listening(app.getHttpServer())
}

/** A fetch handler behind Node's server, as an edge runtime would call it. */
const startWeb = (orders: ResourceServer, tls?: TlsOptions) => {
  const { withToken, serveMetadata } = webAdapter
  const routes: Readonly<Record<string, webAdapter.FetchHandler<[]>>> = {
    '/read': withToken(orders, read, ({ token }) => Response.json(seen(token))),
    '/write': withToken(orders, write, () => new Response()),
  }
  const app = serveMetadata(orders, (request: Request) => {
    const route = routes[new URL(request.url).pathname]
    return route ? route(request) : new Response(null, { status: 404 })
  })
  return serving(getRequestListener(app), tls)
}

export const guardedApps = {
  node: startNode,
  express: startExpress,
  fastify: startFastify,
  hono: startHono,
  koa: startKoa,
  nest: startNest,
  web: startWeb,
} satisfies Readonly<Record<string, (orders: ResourceServer, tls?: TlsOptions) => Promise<GuardedApp>>>
