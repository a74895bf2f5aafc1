import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { resolveConfiguration, startServer } from '@credence/server'
import { makeFolder } from '../support/credence_process.ts'
import { jsonOf, sendHttp } from '../support/http.ts'
import { basic } from '../support/token.ts'

/** What the key management service that signs does at the moment. */
let answer: () => Promise<Buffer> = async () => Buffer.alloc(64)

const folder = await makeFolder()
const flags = { port: '0', managementPort: 'off', data: folder.path, logLevel: 'silent' }
const server = await startServer(resolveConfiguration({ flags, environment: {}, file: undefined }), {
  openSigner: ({ kid, algorithm }) => ({ kid, algorithm, sign: () => answer() }),
})
after(async () => {
  await server.close()
  await folder.dispose()
})
const listener = { url: server.publicUrl }
const manage = async (path: string, body: object) =>
  jsonOf(
    await sendHttp(
      { socketPath: server.socketPath },
      {
        method: 'POST',
        path: `/admin/v1${path}`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      },
    ),
  )
await manage('/apis', { audience: 'urn:a', scopes: ['x'] })
const { client_secret: secret } = await manage('/clients', {
  client_id: 'job',
  grants: [{ audience: 'urn:a', scopes: ['x'] }],
})
const headers = { authorization: basic('job', String(secret)), 'content-type': 'application/x-www-form-urlencoded' }
const askToken = () =>
  sendHttp(listener, { method: 'POST', path: '/oauth/token', headers, body: 'grant_type=client_credentials' })

test('issue 3, signing keys: a signer outside this process signs', async () => {
  const token = await askToken()
  assert.equal(token.status, 200, token.body)
  assert.ok(String(jsonOf(token).access_token).endsWith(`.${'A'.repeat(86)}`))
})

const away: Readonly<Record<string, () => Promise<Buffer>>> = {
  'refuses at once': () => {
    throw new Error('canary-1f2e: no session')
  },
  'fails later': () => Promise.reject(new Error('canary-1f2e: no session')),
  'never answers': () => new Promise(() => {}),
}
for (const [what, sign] of Object.entries(away)) {
  test(`issue 3, signing keys: a signer that ${what} → 503 temporarily_unavailable with Retry-After, key set still served`, async () => {
    answer = sign
    const refused = await askToken()
    assert.equal(refused.status, 503)
    assert.equal(jsonOf(refused).error, 'temporarily_unavailable')
    assert.match(refused.headers['retry-after'] ?? '', /^[1-9]\d*$/)
    assert.ok(!refused.body.includes('canary'))
    const keySet = await sendHttp(listener, { path: '/.well-known/jwks.json' })
    assert.equal(keySet.status, 200)
    assert.equal(JSON.parse(keySet.body).keys.length, 1)
  })
}

test('issue 3, signing keys: when the signer is back, so are the tokens', async () => {
  answer = async () => Buffer.alloc(64)
  assert.equal((await askToken()).status, 200)
})
