/**
 * An API in NestJS 12: one route that needs the scope jobs:read, and one that needs jobs:write. It runs from source, where
 * type stripping knows no decorators, so they are called as the functions they are. In a project that compiles them:
 *
 *     @Get() @UseGuards(createTokenGuard(orders, { all: ['jobs:read'] }))
 *     list(@Token() token: AccessToken) { … }
 */
import 'reflect-metadata'
import process from 'node:process'
import { type AccessToken, createResourceServer } from '@credence/verifier'
import { createTokenGuard, serveMetadata, Token } from '@credence/verifier/nest'
import { Controller, Get, Module, Post, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'

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

class JobsController {
  list(token: AccessToken) {
    return { jobs: ['ship parcels'], readBy: token.clientId }
  }

  add() {
    // Nest answers a POST with 201
  }
}

const decorate = (name: 'list' | 'add', decorators: readonly MethodDecorator[]) => {
  const descriptor = { value: JobsController.prototype[name] }
  for (const decorator of decorators) decorator(JobsController.prototype, name, descriptor)
}
decorate('list', [Get(), UseGuards(createTokenGuard(orders, { all: ['jobs:read'] }))])
decorate('add', [Post(), UseGuards(createTokenGuard(orders, { all: ['jobs:write'] }))])
Token()(JobsController.prototype, 'list', 0)
Controller('jobs')(JobsController)

class AppModule {}
Module({ controllers: [JobsController] })(AppModule)

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] })
app.use(serveMetadata(orders)) // before every guard: it is for those who have no token yet
app.enableShutdownHooks() // stops on SIGTERM
await app.listen(Number(PORT), '127.0.0.1')
console.log(`ready: ${await app.getUrl()}`)
