import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Clock, systemClock } from '@credence/protocol'
import { type RunningServer, resolveConfiguration, startServer } from '@credence/server'
import { makeFolder } from '../support/credence_process.ts'
import { jsonOf, sendHttp } from '../support/http.ts'
import { type ForeignProvider, startForeignProvider } from './foreign_provider.ts'
import { createPlatform, present } from './platform.ts'

const audience = 'https://orders.example.com'
const folder = await makeFolder()

let provider: ForeignProvider
let server: RunningServer
/** What the clock for durations is ahead, so that no cool-down has to be waited for. */
let aheadMs = 0
const clock: Clock = { epochSeconds: systemClock.epochSeconds, monotonicMs: () => systemClock.monotonicMs() + aheadMs }

const manage = async (path: string, body: object) => {
  const answer = await sendHttp(
    { socketPath: server.socketPath },
    {
      method: 'POST',
      path: `/admin/v1${path}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    },
  )
  assert.equal(answer.status, 201, answer.body)
}

const addClient = async (clientId: string, federation: object) => {
  await manage('/clients', { client_id: clientId, grants: [{ audience, scopes: ['orders:read'] }] })
  await manage(`/clients/${clientId}/credentials`, { federated_credentials: [federation] })
}

const ask = (assertion: string, clientId = 'report-job') =>
  present({ public: { url: server.publicUrl } }, assertion, { client_id: clientId })

before(async () => {
  provider = await startForeignProvider()
  const flags = {
    ...{ port: '0', managementPort: 'off', data: folder.path, logLevel: 'silent' },
    allowPrivateAddresses: 'on',
  }
  server = await startServer(resolveConfiguration({ flags, environment: {}, file: undefined }), { clock })
  await manage('/apis', { audience, scopes: ['orders:read'] })
  await addClient('report-job', { platform: 'oidc', issuer: provider.issuer, subject: 'reporter' })
})
after(async () => {
  await server.close()
  await provider[Symbol.asyncDispose]()
  await folder.dispose()
})

describe('node-oidc-provider as the foreign issuer', () => {
  it('checklist 39: never fetched and away → 503 with Retry-After, and other clients go on', async () => {
    const token = await provider.token(server.issuer)
    const platform = await createPlatform()
    const elsewhere = 'https://platform.example.net'
    await addClient('other-job', { platform: 'oidc', issuer: elsewhere, subject: 'other', jwks: platform.jwks })
    await provider.goAway()
    const refused = await ask(token)
    assert.deepEqual([refused.status, jsonOf(refused).error], [503, 'temporarily_unavailable'])
    assert.match(String(refused.headers['retry-after']), /^[1-5]$/)
    const other = platform.sign({ iss: elsewhere, sub: 'other', aud: server.issuer })
    assert.equal((await ask(other, 'other-job')).status, 200)
    await provider.comeBack()
    aheadMs += 6_000
    assert.equal((await ask(token)).status, 200)
  })

  it('checklist 23: its JWT access token, whose keys its discovery document leads to', async () => {
    assert.equal((await ask(await provider.token(server.issuer))).status, 200)
    assert.ok(provider.asked.some((path) => path.startsWith('/.well-known/')))
    assert.ok(provider.asked.includes('/jwks'))
  })

  it('a token of its for another server is refused, as is another subject', async () => {
    assert.equal((await ask(await provider.token('https://auth.example.org'))).status, 401)
    await addClient('other-subject', { platform: 'oidc', issuer: provider.issuer, subject: 'another' })
    assert.equal((await ask(await provider.token(server.issuer), 'other-subject')).status, 401)
  })

  it('K1: a new key is found within the budget; the old one goes on', async () => {
    const before = await provider.token(server.issuer)
    assert.equal((await ask(before)).status, 200)
    provider.rotate()
    const after = await provider.token(server.issuer)
    aheadMs += 31_000
    const fetches = () => provider.asked.filter((path) => path === '/jwks').length
    const fetched = fetches()
    assert.equal((await ask(after)).status, 200)
    assert.equal(fetches(), fetched + 1)
    assert.equal((await ask(before)).status, 200)
    provider.rotate()
    const third = await provider.token(server.issuer)
    for (let attempt = 0; attempt < 5; attempt++) assert.equal((await ask(third)).status, 401)
    assert.equal(fetches(), fetched + 1, 'not before the cool-down is over')
  })

  it('K2: away when the keys should be fetched anew: whose key is known is served', async () => {
    aheadMs += 31_000
    const token = await provider.token(server.issuer)
    assert.equal((await ask(token)).status, 200)
    await provider.goAway()
    aheadMs += 400_000
    assert.equal((await ask(token)).status, 200)
    await provider.comeBack()
  })
})
