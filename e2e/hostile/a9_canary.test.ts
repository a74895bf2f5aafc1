import assert from 'node:assert/strict'
import { createHmac, createPrivateKey, randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { systemClock, systemRandomness } from '@credence/protocol'
import { openStorage } from '@credence/storage'
import { createSealer } from '../../packages/server/src/key_material/sealing.ts'
import { loadServerKeys } from '../../packages/server/src/key_material/server_keys.ts'
import { startCredence } from '../support/credence.ts'
import { type HttpAnswer, sendHttp } from '../support/http.ts'
import { createAdminCaller, fillPath, listAdminScopes, listOperations } from '../support/management.ts'
import { askToken, basic, callTokenEndpoint, getToken } from '../support/token.ts'

const masterKey = randomBytes(32)
const credence = await startCredence({
  args: ['--log-level', 'debug'],
  environment: { CREDENCE_MASTER_KEY: masterKey.toString('base64') },
})
after(credence.dispose)
const audience = 'https://orders.example.com'
const answers: HttpAnswer[] = []
const keep = async (answer: Promise<HttpAnswer>) => {
  answers.push(await answer)
}
for (const signing_alg of ['ES256', 'RS256', 'PS256', 'EdDSA'] as const) {
  const target = `${audience}/${signing_alg}`
  await credence.createApi({ audience: target, scopes: ['x'], signing_alg })
  const grants = [{ audience: target, scopes: ['x'] }]
  await getToken(credence, await credence.createClient({ client_id: signing_alg, grants }))
}
await credence.createApi({ audience, scopes: ['x'] })
// the canary: a secret that is live from here to the end, and another that is wrong
const canary = await credence.createClient({ client_id: 'canary', grants: [{ audience, scopes: ['x'] }] })
const wrong = `${canary.client_secret.slice(0, -6)}Canary`
const admin = await createAdminCaller(credence, 'admin', await listAdminScopes(credence))
const accessToken = await getToken(credence, canary)

/** Everywhere that a secret can be put, rightly or wrongly, and everything that can be read. */
const exerciseEverything = async () => {
  for (const secret of [canary.client_secret, wrong]) {
    const form = { client_id: 'canary', client_secret: secret }
    const authorization = basic('canary', secret)
    await keep(callTokenEndpoint(credence, { headers: { authorization: basic(secret, secret) } }))
    await keep(callTokenEndpoint(credence, { form: { ...form, client_id: 'other' } }))
    await keep(callTokenEndpoint(credence, { headers: { authorization }, form }))
    await keep(callTokenEndpoint(credence, { headers: { authorization: `Bearer ${secret}` } }))
    await keep(callTokenEndpoint(credence, { headers: { authorization: `Basic ${secret}` } }))
    await keep(callTokenEndpoint(credence, { query: `?${new URLSearchParams(form)}` }))
    await keep(callTokenEndpoint(credence, { headers: { 'content-type': 'text/plain' }, body: JSON.stringify(form) }))
    await keep(callTokenEndpoint(credence, { body: `${new URLSearchParams(form)}&client_secret=${secret}` }))
    await keep(sendHttp(credence.public, { path: `/${secret}?client_secret=${secret}` }))
    const correlating = { 'x-request-id': secret, traceparent: secret, tracestate: secret, 'user-agent': secret }
    await keep(callTokenEndpoint(credence, { headers: correlating, form: { ...form, client_secret: 'wrong' } }))
    await keep(sendHttp(credence.socket, { path: '/admin/v1/clients/canary', headers: correlating }))
    await keep(sendHttp(credence.socket, { path: '/%', headers: correlating }))
    const proven = { ...correlating, authorization: basic('canary', canary.client_secret) }
    assert.match((await callTokenEndpoint(credence, { headers: proven })).body, /"access_token"/)
    await keep(sendHttp(credence.management, { path: '/admin/v1/clients', headers: { authorization } }))
    await keep(sendHttp(credence.management, { path: '/metrics', headers: { authorization: `Bearer ${secret}` } }))
  }
  await keep(callTokenEndpoint(credence, { form: { client_id: 'canary', client_secret: wrong } }))
  const values = { client_id: 'canary', audience, credential_id: canary.credential_id }
  for (const { method, template } of await listOperations(credence)) {
    if (method === 'GET') await keep(admin.call('GET', fillPath(template, values)))
  }
  await keep(admin.call('PATCH', '/admin/v1/clients/canary', { client_name: 'canary' }))
  await keep(admin.call('PATCH', `/admin/v1/apis/${encodeURIComponent(audience)}`, { token_ttl_seconds: 300 }))
  await keep(admin.call('GET', '/admin/v1/openapi.json'))
  await keep(admin.call('GET', '/metrics'))
  for (const path of ['/.well-known/jwks.json', '/.well-known/oauth-authorization-server']) {
    await keep(sendHttp(credence.public, { path }))
  }
  assert.equal((await askToken(credence, canary)).status, 200)
}

/** The server's own keys and private keys, opened as only the master key can. */
const openSecrets = async () => {
  const storage = await openStorage({ database: { kind: 'sqlite', file: join(credence.data, 'credence.db') } })
  const sealer = createSealer(masterKey, systemRandomness)
  const serverKeys = await loadServerKeys(storage.sealedKeys, sealer, {
    clock: systemClock,
    randomness: systemRandomness,
  })
  const signingKeys = (await storage.signingKeys.list()).map(({ kid, algorithm, sealedPrivateKey }) => ({
    algorithm,
    der: sealer.open(sealedPrivateKey, `signing key: ${kid}`),
  }))
  const auditRecords = await storage.auditEvents.list({ limit: 10_000, order: 'oldest_first' })
  await storage.close()
  return { serverKeys, signingKeys, auditRecords }
}

await exerciseEverything()
await credence.stop()
const output = credence.output()
const said = [output, ...answers.map((answer) => `${JSON.stringify(answer.headers)}\n${answer.body}`)]
const files = await Promise.all(
  (await readdir(credence.data, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(async ({ name }) => ({ name, bytes: await readFile(join(credence.data, name)) })),
)
const { serverKeys, signingKeys, auditRecords } = await openSecrets()
const databases = files.filter(({ name }) => name.startsWith('credence.db'))

/** The spellings under which bytes could be written. */
const spellings = (bytes: Uint8Array): readonly string[] => {
  const buffer = Buffer.from(bytes)
  return [
    buffer.toString('base64').replace(/=+$/, ''),
    buffer.toString('base64url'),
    buffer.toString('hex'),
    buffer.toString('hex').toUpperCase(),
  ]
}
const assertUnsaid = (needles: readonly string[], title: string) => {
  for (const text of said)
    for (const needle of needles) assert.ok(!text.includes(needle), `${title} is in: ${text.slice(0, 300)}`)
}
const assertUnstored = (needles: readonly (string | Buffer)[], title: string) => {
  for (const { name, bytes } of files)
    for (const needle of needles) assert.ok(!bytes.includes(needle), `${title} is in ${name}`)
}

test('A9: there was something to search: a log, more than thirty answers, a database that has the canary’s client', () => {
  assert.match(output, /wrong secret for a known credential id/)
  assert.ok(answers.length > 30 && answers.filter(({ status }) => status === 200).length > 10)
  assert.ok(databases.some(({ bytes }) => bytes.includes(canary.credential_id)))
  assert.equal(signingKeys.length, 4)
})

test('A9: a client secret is in no log line, metric, error or answer after the one that made it, and in no file', () => {
  const random = (secret: string) => secret.slice(canary.credential_id.length + 1)
  for (const secret of [canary.client_secret, wrong]) {
    assertUnsaid(
      [random(secret), ...spellings(Buffer.from(`canary:${secret}`)), ...spellings(Buffer.from(secret))],
      'the secret',
    )
    assertUnstored([random(secret), ...spellings(Buffer.from(secret))], 'the secret')
  }
})

test('A9: the audit log tells of every failure and change above, and has neither secret nor token in it', () => {
  const told = auditRecords.map((record) => JSON.stringify(record))
  for (const action of ['client.create', 'client.update', 'api.update', 'client.authenticate', 'backup.read'])
    assert.ok(
      auditRecords.some((record) => record.action === action),
      action,
    )
  assert.ok(auditRecords.some(({ actor }) => actor === 'claimed:canary'))
  const needles = [canary.client_secret, wrong, admin.token, accessToken].map((secret) => secret.slice(-30))
  for (const text of told) for (const needle of needles) assert.ok(!text.includes(needle), text.slice(0, 300))
})

test('A9: an access token is in no log line and in no file', () => {
  for (const token of [accessToken, admin.token]) {
    const [, , signature = ''] = token.split('.')
    assert.ok(!output.includes(signature))
    assertUnstored([signature, Buffer.from(signature, 'base64url')], 'a token')
  }
})

test('A9: the stored digest of a secret is in no answer and no log line', () => {
  const digest = createHmac('sha256', serverKeys.client_secret_pepper).update(canary.client_secret).digest()
  assert.ok(
    databases.some(({ bytes }) => bytes.includes(digest)),
    'the digest is what is stored',
  )
  assertUnsaid(spellings(digest), 'the digest')
})

test('A9: the pepper and the cursor key are nowhere but sealed', () => {
  for (const key of [serverKeys.client_secret_pepper, serverKeys.page_cursor]) {
    assertUnsaid(spellings(key), 'a server key')
    assertUnstored([key, ...spellings(key)], 'a server key')
  }
})

for (const { algorithm, der } of signingKeys) {
  test(`A9: the private ${algorithm} key is nowhere but sealed`, () => {
    const { d = '' } = createPrivateKey({ key: der, type: 'pkcs8', format: 'der' }).export({ format: 'jwk' })
    const bytes = Buffer.from(d, 'base64url')
    assert.ok(bytes.length >= 32)
    assertUnsaid([...spellings(bytes), ...spellings(der)], 'a private key')
    assertUnstored([bytes, ...spellings(bytes)], 'a private key')
  })
}

test('A9: the master key given by the environment is written nowhere', () => {
  assertUnsaid(spellings(masterKey), 'the master key')
  assertUnstored([masterKey, ...spellings(masterKey)], 'the master key')
  assert.ok(!files.some(({ name }) => name === 'master.key'))
})

test('A11: pepper, cursor key and master key are three different keys', () => {
  const keys = [serverKeys.client_secret_pepper, serverKeys.page_cursor, masterKey].map((key) =>
    Buffer.from(key).toString('hex'),
  )
  assert.equal(new Set(keys).size, 3)
  for (const key of keys) assert.equal(key.length, 64)
})
