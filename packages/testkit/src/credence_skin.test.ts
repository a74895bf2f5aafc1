import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startTestAuthorizationServer } from './index.ts'
import { api, type ComparedServer, startRealServer } from './testing/real_server.ts'

let real: ComparedServer
let small: ComparedServer

before(async () => {
  real = await startRealServer()
  small = await startTestAuthorizationServer({
    client: { clientId: 'job', audience: api.audience, scope: api.scopes },
  })
})

after(async () => {
  await real[Symbol.asyncDispose]()
  await small[Symbol.asyncDispose]()
})

type Form = Readonly<Record<string, string>>
type Asking = (server: ComparedServer) => {
  readonly form?: Form | string
  readonly headers?: Record<string, string>
  readonly method?: string
}

const ask = async (server: ComparedServer, asking: Asking) => {
  const { form = '', headers = {}, method = 'POST' } = asking(server)
  const body = typeof form === 'string' ? form : new URLSearchParams(form).toString()
  const response = await fetch(`${server.issuer}/oauth/token`, {
    method,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    ...(method === 'POST' && { body }),
  })
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  }
}

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})
const grant = { grant_type: 'client_credentials' }
const credentials = ({ clientId, clientSecret }: ComparedServer) => ({
  client_id: clientId,
  client_secret: clientSecret,
})

const partOf = (token: unknown, index: number): Record<string, unknown> =>
  JSON.parse(Buffer.from(String(token).split('.')[index] ?? '', 'base64url').toString())

/** What the type of each member is; of times, how far they are apart. */
const shapeOf = (members: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, typeof value]))

const accepted: Readonly<Record<string, Asking>> = {
  client_secret_basic: ({ clientId, clientSecret }) => ({ form: grant, headers: basic(clientId, clientSecret) }),
  client_secret_post: (server) => ({ form: { ...grant, ...credentials(server) } }),
  'a scope': (server) => ({ form: { ...grant, ...credentials(server), scope: 'orders:read' } }),
  'a resource': (server) => ({ form: { ...grant, ...credentials(server), resource: api.audience } }),
  'an audience': (server) => ({ form: { ...grant, ...credentials(server), audience: api.audience } }),
  'resource and audience alike': (server) => ({
    form: { ...grant, ...credentials(server), audience: api.audience, resource: api.audience },
  }),
  'an unknown parameter': (server) => ({ form: { ...grant, ...credentials(server), colour: 'red' } }),
}

for (const [what, asking] of Object.entries(accepted)) {
  test(`as the real server: ${what}: members, claims, header, scope, lifetime`, async () => {
    const [there, here] = [await ask(real, asking), await ask(small, asking)]
    assert.equal(there.status, 200)
    assert.equal(here.status, 200)
    assert.deepEqual(shapeOf(here.body), shapeOf(there.body))
    const { access_token: theirs, ...theirRest } = there.body
    const { access_token: ours, ...ourRest } = here.body
    assert.deepEqual(ourRest, theirRest)
    assert.deepEqual(Object.keys(partOf(ours, 0)), Object.keys(partOf(theirs, 0)))
    assert.deepEqual({ ...partOf(ours, 0), kid: '' }, { ...partOf(theirs, 0), kid: '' })
    const [claims, theirClaims] = [partOf(ours, 1), partOf(theirs, 1)]
    assert.deepEqual(shapeOf(claims), shapeOf(theirClaims))
    for (const name of ['sub', 'client_id', 'aud', 'scope']) assert.deepEqual(claims[name], theirClaims[name], name)
    const lifetime = ({ exp, iat }: Record<string, unknown>) => Number(exp) - Number(iat)
    assert.equal(lifetime(claims), lifetime(theirClaims))
    for (const name of ['content-type', 'cache-control', 'pragma']) {
      assert.equal(here.headers.get(name), there.headers.get(name), name)
    }
  })
}

const refused: Readonly<Record<string, Asking>> = {
  'no grant_type': (server) => ({ form: credentials(server) }),
  'another grant': (server) => ({ form: { ...credentials(server), grant_type: 'password' } }),
  'no authentication': () => ({ form: grant }),
  'a wrong secret': ({ clientId }) => ({ form: { ...grant, client_id: clientId, client_secret: 'wrong' } }),
  'an unknown client': ({ clientSecret }) => ({ form: { ...grant, client_id: 'nobody', client_secret: clientSecret } }),
  'a secret without a client': ({ clientSecret }) => ({ form: { ...grant, client_secret: clientSecret } }),
  'two methods': (server) => ({
    form: { ...grant, ...credentials(server) },
    headers: basic(server.clientId, server.clientSecret),
  }),
  'another scheme': () => ({ form: grant, headers: { authorization: 'Bearer abc' } }),
  'Basic that is no base64': () => ({ form: grant, headers: { authorization: 'Basic %%%' } }),
  'another client_id beside Basic': ({ clientId, clientSecret }) => ({
    form: { ...grant, client_id: 'other' },
    headers: basic(clientId, clientSecret),
  }),
  'a scope that is not granted': (server) => ({ form: { ...grant, ...credentials(server), scope: 'orders:delete' } }),
  'a malformed scope': (server) => ({ form: { ...grant, ...credentials(server), scope: 'a  b' } }),
  'an API that is not granted': (server) => ({
    form: { ...grant, ...credentials(server), resource: 'https://other.example.com' },
  }),
  'two APIs': (server) => ({
    form: { ...grant, ...credentials(server), resource: api.audience, audience: 'https://other.example.com' },
  }),
  'a parameter twice': (server) => ({
    form: `${new URLSearchParams({ ...grant, ...credentials(server) })}&scope=a&scope=b`,
  }),
  'a malformed encoding': () => ({ form: 'grant_type=%zz' }),
  JSON: () => ({ form: '{}', headers: { 'content-type': 'application/json' } }),
  GET: () => ({ method: 'GET' }),
}

for (const [what, asking] of Object.entries(refused)) {
  test(`as the real server: ${what}: the same status and error`, async () => {
    const [there, here] = [await ask(real, asking), await ask(small, asking)]
    assert.ok(there.status >= 400)
    assert.deepEqual([here.status, here.body.error], [there.status, there.body.error])
    assert.deepEqual(shapeOf(here.body), shapeOf(there.body))
    for (const name of ['content-type', 'cache-control', 'www-authenticate', 'allow']) {
      assert.equal(here.headers.get(name), there.headers.get(name), name)
    }
  })
}

test('as the real server: what the metadata have, the real ones have at the same paths', async () => {
  const read = async ({ issuer }: ComparedServer): Promise<Record<string, unknown>> => {
    const response = await fetch(`${issuer}/.well-known/oauth-authorization-server`)
    return JSON.parse((await response.text()).replaceAll(issuer, 'ISSUER'))
  }
  const [there, here] = [await read(real), await read(small)]
  for (const [name, value] of Object.entries(here)) {
    if (typeof value === 'string') assert.equal(value, there[name], name)
    else assert.ok(Array.isArray(there[name]), name)
  }
})

test('as the real server: the members of a published key', async () => {
  const read = async ({ issuer }: ComparedServer) => {
    const response = await fetch(`${issuer}/.well-known/jwks.json`)
    const { keys } = (await response.json()) as { readonly keys: readonly Record<string, unknown>[] }
    return Object.keys(keys[0] ?? {})
  }
  assert.deepEqual(await read(small), await read(real))
})
