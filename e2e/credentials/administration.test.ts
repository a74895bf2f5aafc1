import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { askWith, createKey, makeAssertion } from '../assertions/setting.ts'
import { startCredence } from '../support/credence.ts'
import { jsonOf } from '../support/http.ts'
import { adminAudience, createAdminCaller, listAdminScopes } from '../support/management.ts'
import { runCommand } from '../support/run_command.ts'
import { askToken, basic, callTokenEndpoint } from '../support/token.ts'

const audience = 'https://orders.example.com'
const credence = await startCredence({ args: ['--failed-authentications-per-minute', '100000'] })
after(credence.dispose)
await credence.createApi({ audience, scopes: ['orders:read', 'orders:write'] })
const grants = [{ audience, scopes: ['orders:read'] }]
const create = (client: object) => credence.manage('POST', '/clients', { grants, ...client })
const add = (client: string, body: object) => credence.manage('POST', `/clients/${client}/credentials`, body)

const problemOf = async (answer: ReturnType<typeof create>) => {
  const { status, body } = await answer
  return `${status} ${JSON.parse(body).code}: ${JSON.parse(body).detail}`
}

test('RFC 7591 §2: never both jwks and jwks_uri; each key of a set is a credential of its own', async () => {
  const keys = [createKey('ES256', 'one').publicJwk, createKey('EdDSA', 'two').publicJwk]
  const both = { client_id: 'both', jwks: { keys }, jwks_uri: 'https://job.example.com/jwks.json' }
  assert.match(await problemOf(create(both)), /^400 invalid_request: jwks and jwks_uri/)
  const made = jsonOf(
    await create({ client_id: 'keys', token_endpoint_auth_method: 'private_key_jwt', jwks: { keys } }),
  )
  assert.equal(made.client_secret, undefined)
  const credentials = made.credentials as { readonly jwk: { readonly kid: string }; readonly jwk_thumbprint: string }[]
  assert.deepEqual(
    credentials.map(({ jwk }) => jwk.kid),
    ['one', 'two'],
  )
  assert.match(await problemOf(add('keys', { jwks: { keys: keys.slice(0, 1) } })), /^409 already_exists: cred_/)
  const uri = { jwks_uri: 'https://job.example.com/jwks.json' }
  assert.equal((await add('keys', uri)).status, 201)
  assert.match(await problemOf(add('keys', { jwks_uri: 'https://other.example.com/jwks.json' })), /^409 already_exists/)
})

test('a credential that a client could never use is refused, with what to do', async () => {
  await create({ client_id: 'fed', token_endpoint_auth_method: 'federated' })
  assert.match(await problemOf(add('fed', {})), /registered for federated.* cannot use a secret.*--auth any/)
  assert.match(
    await problemOf(create({ client_id: 'x', token_endpoint_auth_method: 'tls_client_auth', certificate: 'x' })),
    /^400/,
  )
  await credence.manage('PATCH', '/clients/fed', { token_endpoint_auth_method: null })
  assert.equal((await add('fed', {})).status, 201)
})

test('managed rotation is for secrets', async () => {
  const keyed = { client_id: 'rotating', token_endpoint_auth_method: 'private_key_jwt', managed_rotation: {} }
  assert.match(await problemOf(create(keyed)), /^400 invalid_request: managed_rotation is for secrets/)
  const key = createKey()
  await create({ client_id: 'rotating', managed_rotation: {}, jwks: { keys: [key.publicJwk] } })
  const form = new URLSearchParams({
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: makeAssertion(key, { clientId: 'rotating', issuer: credence.issuer }),
  })
  const response = await fetch(`${credence.public.url}/oauth/credentials`, { method: 'POST', body: form })
  const answer = (await response.json()) as { readonly error: string; readonly error_description: string }
  assert.deepEqual([response.status, answer.error], [400, 'unauthorized_client'])
  assert.match(answer.error_description, /for secrets/)
})

test('every fault of federated credentials is listed with its pointer', async () => {
  const answer = await add('fed', {
    federated_credentials: [{ platform: 'github', subject: 'repo:', claims: { iss: 'x' } }],
  })
  assert.equal(answer.status, 400)
  const pointers = (jsonOf(answer).errors as { readonly pointer: string }[]).map(({ pointer }) => pointer)
  assert.deepEqual(pointers.toSorted(), ['/federated_credentials/0/claims', '/federated_credentials/0/subject'])
})

test('A8: nobody adds a key to a client that may do more than they', async () => {
  const scopes = (await listAdminScopes(credence)).filter((scope) => scope !== 'admin:audit:write')
  await credence.createClient({
    client_id: 'root',
    grants: [{ audience: adminAudience, scopes: ['admin:audit:write'] }],
  })
  const { call } = await createAdminCaller(credence, 'helper', scopes)
  const body = { jwks: { keys: [createKey().publicJwk] } }
  const answer = await call('POST', '/admin/v1/clients/root/credentials', body)
  assert.deepEqual([answer.status, jsonOf(answer).code], [403, 'would_escalate'])
  const document = {
    clients: [{ client_id: 'root', ...body, grants: [{ audience: adminAudience, scopes: ['admin:audit:write'] }] }],
  }
  assert.equal(jsonOf(await call('POST', '/admin/v1/apply', { document })).code, 'would_escalate')
})

test('declared keys are what a client has: added, removed, round trip, and recorded', async () => {
  const [first, second] = [createKey(), createKey()]
  const entry = (...keys: object[]) => ({
    client_id: 'declared',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys },
    grants,
  })
  const apply = async (...keys: object[]) =>
    jsonOf(await credence.manage('POST', '/apply', { document: { clients: [entry(...keys)] } })).changes as {
      readonly kind: string
      readonly action: string
    }[]
  const works = async (key: typeof first) =>
    (await askWith(credence, makeAssertion(key, { clientId: 'declared', issuer: credence.issuer }))).status
  await apply(first.publicJwk)
  assert.equal(await works(first), 200)
  assert.deepEqual(await apply(first.publicJwk), [])
  const changes = await apply(second.publicJwk)
  assert.deepEqual(
    changes.map(({ kind, action }) => [kind, action]),
    [
      ['credential', 'create'],
      ['credential', 'delete'],
    ],
  )
  assert.deepEqual([await works(first), await works(second)], [401, 200])
  const exported = jsonOf(await credence.manage('GET', '/export'))
  const declared = (exported.clients as { readonly client_id: string }[]).filter(
    ({ client_id }) => client_id === 'declared',
  )
  assert.deepEqual(jsonOf(await credence.manage('POST', '/apply', { document: { clients: declared } })).changes, [])
  const { items } = jsonOf(await credence.manage('GET', '/audit-events?action=credential&subject=clients/declared'))
  assert.deepEqual(
    (items as { readonly action: string }[]).map(({ action }) => action),
    ['credential.revoke', 'credential.add', 'credential.add'],
  )
})

test('every refusal can be explained to an operator, and its caller learns only what the RFC allows', async () => {
  const client = await credence.createClient({ client_id: 'refused', grants })
  const key = createKey()
  await add('refused', { jwks: { keys: [key.publicJwk] } })
  const assertion = makeAssertion(key, { clientId: 'refused', issuer: credence.issuer })
  assert.equal((await askWith(credence, assertion)).status, 200)
  const replayed = jsonOf(await askWith(credence, assertion))
  assert.equal(replayed.error, 'invalid_client')
  assert.ok(!JSON.stringify(replayed).includes('replay'))
  for (let time = 0; time < 3; time++) {
    assert.equal(jsonOf(await askToken(credence, client, { scope: 'orders:write' })).error, 'invalid_scope')
  }
  assert.equal(jsonOf(await askToken(credence, client, { audience: 'urn:none' })).error, 'invalid_target')
  const dpop = { authorization: basic(client.client_id, client.client_secret), dpop: 'a.b.c' }
  assert.equal(jsonOf(await callTokenEndpoint(credence, { headers: dpop })).error, 'invalid_dpop_proof')
  assert.equal(
    (await askToken(credence, { ...client, client_secret: `${client.credential_id}_${'x'.repeat(43)}` })).status,
    401,
  )

  const refusals = async () => {
    const { stdout } = await runCommand(['explain', 'refused', '--refusals', '--json', '--data', credence.data])
    return JSON.parse(stdout).items as {
      readonly seq: number
      readonly action: string
      readonly actor: string
      readonly credential_id?: string
      readonly details: { readonly error?: string; readonly reason: string; readonly count: number }
      readonly explanation: string
    }[]
  }
  // written every five seconds
  for (let look = 0; look < 100 && (await refusals()).length < 5; look++)
    await new Promise((wait) => setTimeout(wait, 100))
  const items = await refusals()
  const of = (error: string | undefined) => items.find(({ details }) => details.error === error)
  assert.match(of('invalid_client')?.details.reason ?? '', /replay/)
  assert.equal(of('invalid_scope')?.details.count, 3, 'alike ones are one record')
  assert.match(of('invalid_scope')?.details.reason ?? '', /orders:write/)
  assert.equal(of('invalid_scope')?.credential_id, client.credential_id)
  assert.equal(of('invalid_scope')?.actor, 'client:refused')
  assert.ok(of('invalid_target') && of('invalid_dpop_proof'))
  assert.deepEqual([of(undefined)?.action, of(undefined)?.actor], ['client.authenticate', 'claimed:refused'])

  const seq = String(of('invalid_scope')?.seq)
  const { code, stdout } = await runCommand(['explain', '--refusal', seq, '--data', credence.data])
  assert.equal(code, 0)
  assert.match(stdout, /client:refused .*3 times from .*\n.*invalid_scope .*orders:write\n.*credence grant set/)
})

test('A9: no private key, sealed secret or secret is in an answer or a log line', async () => {
  const made = jsonOf(await create({ client_id: 'canary', token_endpoint_auth_method: 'client_secret_jwt' }))
  const key = createKey()
  const privatePart = String(key.privateKey.export({ format: 'jwk' }).d)
  const federated = {
    federated_credentials: [
      { issuer: 'https://id.example.com', subject: 's', jwks: { keys: [{ ...key.publicJwk, d: privatePart }] } },
    ],
  }
  const said = [
    await add('keys', { jwks: { keys: [{ ...key.publicJwk, d: privatePart }] } }),
    await add('fed', federated),
    await credence.manage('POST', '/apply', { document: { clients: [{ client_id: 'keys', ...federated }] } }),
    await credence.manage('GET', '/clients/canary/credentials'),
    await credence.manage('GET', `/clients/canary/credentials/${made.credential_id}`),
    await credence.manage('GET', '/clients/canary/explain'),
    await credence.manage('GET', '/export'),
    await credence.manage('GET', '/audit-events?limit=500'),
  ].map(({ body }) => body)
  for (const text of [...said, credence.output()]) {
    for (const needle of [privatePart, String(made.client_secret), 'sealed_secret', 'sealedSecret'])
      assert.ok(!text.includes(needle))
  }
})
