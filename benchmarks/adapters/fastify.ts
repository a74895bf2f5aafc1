/** A Fastify app with the guard that the command line names. */
import { requireToken } from '@credence/verifier/fastify'
import fastifyJwt, { type FastifyJWTOptions, type TokenOrHeader } from '@fastify/jwt'
import fastify, { type FastifyInstance, type FastifyRequest, type onRequestAsyncHookHandler } from 'fastify'
import buildGetJwks from 'get-jwks'
import { announce } from '../servers/serving.ts'
import { createOrders, guardOf, issuer, readOrders } from './command_line.ts'
import { algorithm, answer, audience, path, scope } from './guarded.ts'

const app = fastify()

interface Claims {
  readonly scope?: string
}

/** As its documentation has it: the token verified by the plugin, the scope by the application. */
const verifyByPlugin: onRequestAsyncHookHandler = async (request, reply) => {
  const { scope: granted = '' } = await request.jwtVerify<Claims>()
  if (!granted.split(' ').includes(scope)) return reply.code(403).send()
}

const allowed: FastifyJWTOptions['verify'] = {
  algorithms: [algorithm],
  allowedIss: issuer,
  allowedAud: audience,
  checkTyp: 'at+jwt',
}

const withGetJwks = async (app: FastifyInstance) => {
  const getJwks = buildGetJwks({ jwksPath: '/keys' })
  await app.register(fastifyJwt, {
    decode: { complete: true },
    secret: (_request: FastifyRequest, token: TokenOrHeader) => {
      const { kid, alg } = 'header' in token ? token.header : token
      return getJwks.getPublicKey({ kid, alg, domain: issuer })
    },
    verify: allowed,
  })
  return verifyByPlugin
}

const withKeyAtHand = async (app: FastifyInstance) => {
  const { pem } = (await (await fetch(`${issuer}/pem`)).json()) as { readonly pem: string }
  await app.register(fastifyJwt, { secret: { public: pem }, verify: { ...allowed, cache: true } })
  return verifyByPlugin
}

const onRequest = await guardOf<Promise<onRequestAsyncHookHandler[]>>({
  none: async () => [],
  credence: async () => [requireToken(createOrders(), readOrders)],
  'get-jwks': async () => [await withGetJwks(app)],
  'key-at-hand': async () => [await withKeyAtHand(app)],
})

app.get(path, { onRequest }, async () => answer)
await app.listen({ port: 0, host: '127.0.0.1' })
announce(app.server, path)
