/** A Hono app on Node's server with the guard that the command line names. */
import { createServer } from 'node:http'
import { requireToken } from '@credence/verifier/hono'
import { getRequestListener } from '@hono/node-server'
import { Hono, type MiddlewareHandler } from 'hono'
import { jwk } from 'hono/jwk'
import { serve } from '../servers/serving.ts'
import { createOrders, guardOf, issuer, readOrders } from './command_line.ts'
import { algorithm, answer, audience, path, scope } from './guarded.ts'

const verification = { iss: issuer, aud: audience, typ: 'at+jwt' }

/** As its documentation has it: the token verified by the middleware, the scope by the application. */
const checkScope: MiddlewareHandler<{ Variables: { jwtPayload: { readonly scope?: string } } }> = async (c, next) => {
  const { scope: granted = '' } = c.get('jwtPayload')
  if (!granted.split(' ').includes(scope)) return c.body(null, 403)
  await next()
}

const keysOf = async () => ((await (await fetch(`${issuer}/keys`)).json()) as { readonly keys: [] }).keys

const guards = await guardOf<Promise<MiddlewareHandler[]>>({
  none: async () => [],
  credence: async () => [requireToken(createOrders(), readOrders)],
  'jwks-uri': async () => [jwk({ jwks_uri: `${issuer}/keys`, alg: [algorithm], verification }), checkScope],
  'keys-at-hand': async () => [jwk({ keys: await keysOf(), alg: [algorithm], verification }), checkScope],
})

const app = new Hono()
for (const guard of guards) app.use(path, guard)
app.get(path, (c) => c.json(answer))
serve(createServer(getRequestListener(app.fetch)), path)
