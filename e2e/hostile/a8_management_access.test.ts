import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { after, test } from 'node:test'
import { generateKeyPair, SignJWT } from 'jose'
import { startCredence } from '../support/credence.ts'
import { jsonOf, sendHttp } from '../support/http.ts'
import {
  adminAudience,
  callManagement,
  createAdminCaller,
  fillPath,
  listAdminScopes,
  listOperations,
} from '../support/management.ts'
import { getToken } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)
const documented = await listOperations(credence)
const operations = documented.filter(({ method }) => method !== 'HEAD')
const scopes = await listAdminScopes(credence)

test('A8: the OpenAPI document lists every resource that there is, and every scope is needed by some operation', () => {
  assert.ok(operations.length >= 17, `only ${operations.length} operations`)
  assert.deepEqual([...new Set(operations.map(({ scope }) => scope))].sort(), [...scopes].sort())
})

test('OpenAPI 3.1 §4.8.10: every operationId is there once, so that programs can be made from the document', () => {
  const ids = documented.map(({ operationId }) => operationId)
  assert.deepEqual(ids, [...new Set(ids)])
})

for (const { method, template } of operations) {
  test(`A8: ${method} ${template} over TCP without a token → 401 with a Bearer challenge`, async () => {
    const body = method === 'GET' || method === 'DELETE' ? undefined : {}
    const answer = await callManagement(credence, { method, path: fillPath(template), body })
    assert.equal(answer.status, 401)
    assert.equal(jsonOf(answer).code, 'unauthorized')
    // RFC 6750 §3.1: a request without any authentication information gets no error code
    const challenge = answer.headers['www-authenticate'] ?? ''
    assert.match(challenge, /^Bearer realm="credence"/)
    assert.ok(!challenge.includes('error'), challenge)
  })
}

const besides = [
  ...['/admin/v1/openapi.json', '/metrics', '/admin/v1', '/admin', '/', '/nowhere', '/admin/v1/clients/'],
  ...[
    '//admin/v1/clients',
    '/admin/v1/../v1/clients',
    '/ADMIN/V1/CLIENTS',
    '/admin/v1/clients%2f',
    '/console/',
    '/health',
  ],
]
for (const path of besides) {
  test(`A8: GET and HEAD ${path} over TCP without a token → 401`, async () => {
    for (const method of ['GET', 'HEAD'])
      assert.equal((await sendHttp(credence.management, { method, path })).status, 401)
  })
}

test('A8: health needs no token and says no more than yes or no', async () => {
  for (const [path, status] of [
    ['/health/live', 'live'],
    ['/health/ready', 'ready'],
  ] as const) {
    assert.deepEqual(jsonOf(await sendHttp(credence.management, { path })), { status })
  }
})

test('RFC 9728 §5.1: the challenge names the metadata, which needs no token and names the audience and this issuer', async () => {
  const challenge = (await callManagement(credence, { method: 'GET', path: '/admin/v1/clients' })).headers
  const [, url = ''] = /resource_metadata="([^"]+)"/.exec(challenge['www-authenticate'] ?? '') ?? []
  assert.equal(new URL(url).origin, credence.management.url)
  const document = jsonOf(await sendHttp(credence.management, { path: new URL(url).pathname }))
  assert.equal(document.resource, adminAudience)
  assert.deepEqual(document.authorization_servers, [credence.issuer])
})

for (const scope of scopes) {
  test(`A8: a token with ${scope} alone opens exactly the operations that need it`, async () => {
    const caller = await createAdminCaller(credence, `holder-of-${scope}`, [scope])
    for (const operation of operations) {
      const { method, template } = operation
      const answer = await caller.call(
        method,
        fillPath(template),
        method === 'GET' || method === 'DELETE' ? undefined : {},
      )
      const title = `${method} ${template}: ${answer.status} ${answer.body}`
      if (operation.scope === scope) {
        assert.ok(![401, 403].includes(answer.status) && answer.status < 500, title)
      } else {
        assert.equal(answer.status, 403, title)
        assert.equal(jsonOf(answer).code, 'insufficient_scope', title)
        const challenge = answer.headers['www-authenticate'] ?? ''
        assert.match(challenge, /^Bearer .*error="insufficient_scope"/)
        assert.ok(challenge.includes(`scope="${operation.scope}"`), challenge)
      }
      if (method !== 'GET') continue
      // a HEAD is a GET without its body, and needs what that needs
      const head = await caller.call('HEAD', fillPath(template))
      assert.equal(head.status, answer.status, `HEAD ${template}`)
    }
  })
}

test('A8: /metrics needs admin:server:read', async () => {
  const reader = await createAdminCaller(credence, 'prometheus', ['admin:server:read'])
  assert.equal((await reader.call('GET', '/metrics')).status, 200)
  const other = await createAdminCaller(
    credence,
    'no-prometheus',
    scopes.filter((scope) => scope !== 'admin:server:read'),
  )
  assert.equal((await other.call('GET', '/metrics')).status, 403)
})

const list = '/admin/v1/clients'
const statusWith = async (authorization: string) => {
  const answer = await sendHttp(credence.management, { path: list, headers: { authorization } })
  if (answer.status === 401) assert.match(answer.headers['www-authenticate'] ?? '', /error="invalid_token"/)
  return answer.status
}

test('A8, V15: a token of this issuer for another API opens nothing, even when its scope has the right name', async () => {
  await credence.createApi({ audience: 'urn:other', scopes: ['admin:clients:read'] })
  const grants = [{ audience: 'urn:other', scopes: ['admin:clients:read'] }]
  const token = await getToken(credence, await credence.createClient({ client_id: 'other', grants }))
  assert.equal(await statusWith(`Bearer ${token}`), 401)
})

test('A8: a token signed by somebody else’s key, under a published kid, opens nothing', async () => {
  const { keys } = JSON.parse((await sendHttp(credence.public, { path: '/.well-known/jwks.json' })).body)
  const { privateKey } = await generateKeyPair('ES256')
  const now = Math.floor(Date.now() / 1000)
  const claims = { client_id: 'x', scope: scopes.join(' '), credential_id: `cred_${'0'.repeat(26)}` }
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: keys[0].kid })
    .setIssuer(credence.issuer)
    .setAudience(adminAudience)
    .setSubject('x')
    .setJti('x')
    .setIssuedAt(now)
    .setExpirationTime(now + 300)
    .sign(privateKey)
  assert.equal(await statusWith(`Bearer ${token}`), 401)
})

test('A8: the scheme is case-insensitive; another scheme, two tokens, none or a broken one → 401', async () => {
  const { token } = await createAdminCaller(credence, 'schemes', ['admin:clients:read'])
  assert.equal(await statusWith(`bearer ${token}`), 200)
  const [header = '', payload = ''] = token.split('.')
  const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
  for (const wrong of [
    `Basic ${token}`,
    `DPoP ${token}`,
    `Bearer ${token} ${token}`,
    `Bearer ${token},`,
    'Bearer',
    'Bearer  ',
  ]) {
    assert.equal(await statusWith(wrong), 401, wrong.slice(0, 12))
  }
  for (const wrong of [
    `${header}.${payload}.`,
    `${none}.${payload}.`,
    `${token}=`,
    token.slice(1),
    `${token}.`,
    'a.b.c',
  ]) {
    assert.equal(await statusWith(`Bearer ${wrong}`), 401)
  }
  assert.equal((await sendHttp(credence.management, { path: `${list}?access_token=${token}` })).status, 401)
})

test('A8: disabling the client, revoking its credential or deleting it ends its token at once', async () => {
  const holder = async (clientId: string) => {
    const client = await credence.createClient({
      client_id: clientId,
      grants: [{ audience: adminAudience, scopes: ['admin:clients:read'] }],
    })
    const token = await getToken(credence, client)
    assert.equal(await statusWith(`Bearer ${token}`), 200)
    return { ...client, token }
  }
  const disabled = await holder('disabled')
  await credence.manage('PATCH', '/clients/disabled', { disabled: true })
  assert.equal(await statusWith(`Bearer ${disabled.token}`), 401)
  const revoked = await holder('revoked')
  await credence.manage('DELETE', `/clients/revoked/credentials/${revoked.credential_id}`)
  assert.equal(await statusWith(`Bearer ${revoked.token}`), 401)
  const deleted = await holder('deleted')
  await credence.manage('DELETE', '/clients/deleted')
  assert.equal(await statusWith(`Bearer ${deleted.token}`), 401)
})

test('contract: the local socket is mode 0600 in a folder of mode 0700, and needs no token', async () => {
  assert.equal((await stat(`${credence.data}/credence.sock`)).mode & 0o777, 0o600)
  assert.equal((await stat(`${credence.data}/master.key`)).mode & 0o777, 0o600)
  assert.equal((await stat(credence.data)).mode & 0o077, 0)
  assert.equal((await credence.manage('GET', '/clients')).status, 200)
})

test('A8: a header cannot make a TCP caller a local one', async () => {
  for (const name of [
    'x-forwarded-for',
    'x-real-ip',
    'host',
    'forwarded',
    'x-original-url',
    'x-http-method-override',
  ]) {
    const answer = await sendHttp(credence.management, { path: list, headers: { [name]: 'localhost' } })
    assert.equal(answer.status, 401, name)
  }
})
