import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { clientSecretBasic, clientSecretPost, createTokenManager, TokenError } from '@credence/client'
import { fileSecret } from '@credence/client/node'
import { startCredence, type TestClient } from '../support/credence.ts'
import { jsonOf } from '../support/http.ts'

const audience = 'https://orders.example.com'

const credence = await startCredence()
after(credence.dispose)
await credence.createApi({ audience, scopes: ['orders:read'] })

const createClient = (client_id: string, token_endpoint_auth_method: 'client_secret_basic' | 'client_secret_post') =>
  credence.createClient({ client_id, token_endpoint_auth_method, grants: [{ audience, scopes: ['orders:read'] }] })

const { issuer } = credence

test('Credence: client_secret_basic in both encodings, and client_secret_post', async () => {
  const basic = await createClient('basic', 'client_secret_basic')
  const post = await createClient('post', 'client_secret_post')
  for (const [{ client_id: clientId }, auth] of [
    [basic, clientSecretBasic(basic.client_secret)],
    [basic, clientSecretBasic(basic.client_secret, { encoding: 'raw' })],
    [post, clientSecretPost(post.client_secret)],
  ] as const) {
    assert.equal((await createTokenManager({ issuer, clientId, auth }).getToken()).scope, 'orders:read')
  }
  const wrong = createTokenManager({ issuer, clientId: 'post', auth: clientSecretPost('wrong') })
  await assert.rejects(wrong.getToken(), (error) => error instanceof TokenError && error.code === 'invalid_client')
})

test('Credence: an operator rotates, the file follows late, then early: no failed call', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'credence-client-'))
  after(() => rm(folder, { recursive: true }))
  const path = join(folder, 'secret.json')
  const first = await createClient('rotated', 'client_secret_basic')
  const store = (secret: string, previous?: string) =>
    writeFile(path, JSON.stringify({ client_secret: secret, previous_client_secret: previous }))
  const told: string[] = []
  const tokens = createTokenManager({
    issuer,
    clientId: 'rotated',
    clientSecret: fileSecret(path),
    onSecretRejected: () => told.push('rejected'),
    onPreviousSecretUsed: () => told.push('previous'),
  })
  const ask = () => tokens.getToken({ forceRefresh: true })
  const addSecret = async () => {
    const added = await credence.manage('POST', '/clients/rotated/credentials', {})
    return jsonOf(added) as unknown as TestClient
  }

  await store(first.client_secret)
  await ask()
  const second = await addSecret()
  await ask()
  await store(second.client_secret)
  await ask()
  const revoked = await credence.manage('DELETE', `/clients/rotated/credentials/${first.credential_id}`)
  assert.ok(revoked.status < 300, revoked.body)
  await ask()
  assert.deepEqual(told, [])
  // the file has one that the server does not know yet
  await store(`${first.credential_id}_not_there_yet`, second.client_secret)
  await ask()
  await ask()
  assert.deepEqual(told, ['rejected', 'previous'])
})
