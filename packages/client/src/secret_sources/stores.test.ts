import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Answer, type FakeServer, startServer } from '../testing/fake_server.ts'
import { unavailable } from '../testing/unavailable.ts'
import { TokenError } from '../token_error.ts'
import { awsSecret, type GetSecretValue } from './aws_secrets_manager.ts'
import { azureSecret } from './azure_key_vault.ts'
import { environmentSecret } from './environment.ts'
import { vaultSecret } from './vault_kv.ts'

/** Versions as a KV version 2 engine answers: https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2 */
const vaultVersion = (version: number, client_secret: string): Answer => ({
  body: {
    request_id: 'a',
    data: {
      data: { client_secret },
      metadata: { created_time: '2026-11-20T10:00:00.123456Z', deletion_time: '', destroyed: false, version },
    },
  },
})

const vaultAt = (server: FakeServer, more: object = {}) =>
  vaultSecret({ address: server.url, mount: 'kv', path: 'apps/report job', token: 'hvs.canary', ...more })

describe('HashiCorp Vault KV version 2', () => {
  it('the latest version is the current secret and the one before it the previous; token and namespace are sent', async () => {
    await using server = await startServer(({ path }) =>
      path.endsWith('?version=6') ? vaultVersion(6, 'old') : vaultVersion(7, 'new'),
    )
    const source = vaultAt(server, { namespace: 'team-a', token: async () => 'hvs.canary' })
    const { current, previous, createdAt } = await source.get()
    assert.deepEqual([current, previous, createdAt], ['new', 'old', Date.UTC(2026, 10, 20, 10) / 1000])
    assert.deepEqual(
      server.received.map(({ path }) => path),
      ['/v1/kv/data/apps/report%20job', '/v1/kv/data/apps/report%20job?version=6'],
    )
    const { headers } = server.received[0] ?? {}
    assert.equal(headers?.['x-vault-token'], 'hvs.canary')
    assert.equal(headers?.['x-vault-namespace'], 'team-a')
    await source.reload()
    assert.equal(server.received.length, 3, 'the version before is read once')
  })

  it('there is no previous one where its version was deleted', async () => {
    await using server = await startServer(({ path }) =>
      path.endsWith('?version=1') ? { status: 404, body: { data: { data: null } } } : vaultVersion(2, 'new'),
    )
    const { current, previous } = await vaultAt(server).get()
    assert.deepEqual([current, previous], ['new', undefined])
  })

  const refusals = [
    [403, { errors: ['1 error occurred: permission denied canary'] }, /answered 403: .*policy lacks "read"/],
    [404, { errors: [] }, /answered 404: no such secret/],
    [429, { errors: ['request path "kv/data/a": rate limit quota exceeded'] }, /answered 429: .*reloadAfterSeconds/],
    [503, { errors: ['Vault is sealed'] }, /answered 503: Vault is sealed.*unseal/],
  ] as const
  for (const [status, body, expected] of refusals) {
    it(`${status}: says what to do`, async () => {
      await using server = await startServer(() => ({ status, body }))
      assert.equal((await unavailable(vaultAt(server).get(), expected)).status, status)
    })
  }

  it('a redirect to another node is not followed with the token, a page is no answer, and neither is another field', async () => {
    let answer: Answer = { status: 307, headers: { location: 'http://127.0.0.1:1/' } }
    await using server = await startServer(() => answer)
    await unavailable(vaultAt(server).get(), /redirect/)
    answer = { body: '<html>' }
    await unavailable(vaultAt(server).get(), /something else than a JSON object/)
    answer = vaultVersion(1, 'canary')
    await unavailable(vaultAt(server, { field: 'secret' }).get(), /no text in its member secret/)
    answer = { body: { data: { data: null, metadata: {} } } }
    await unavailable(vaultAt(server).get(), /no text in its member client_secret/)
  })

  it('a Vault that does not answer in time', async () => {
    await using server = await startServer(() => undefined)
    await unavailable(vaultAt(server, { timeoutMs: 50 }).get(), /no answer within 50 ms/)
  })

  it('insecure_url and invalid_configuration', () => {
    const at = (address: string, path = 'a') => vaultSecret({ address, path, token: 'a' })
    const coded = (code: string) => (error: unknown) => error instanceof TokenError && error.code === code
    assert.throws(() => at('http://vault.example.com'), coded('insecure_url'))
    assert.throws(() => at('vault.example.com'), coded('invalid_configuration'))
    for (const path of ['', '../../sys/seal', 'a//b']) {
      assert.throws(() => at('https://vault.example.com', path), coded('invalid_configuration'))
    }
  })
})

/** Calls GetSecretValue of the JSON protocol, as an SDK client does: the operation in X-Amz-Target, errors named by __type. */
const awsClient =
  (server: FakeServer): GetSecretValue =>
  async (input, { abortSignal }) => {
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' }
    const body = JSON.stringify(input)
    const answer = await fetch(server.url, { method: 'POST', headers, body, signal: abortSignal })
    const json = JSON.parse(await answer.text())
    if (answer.ok) return json
    throw Object.assign(new Error(`${json.Message} canary`), { name: json.__type })
  }

const awsAnswer = (VersionId: string, SecretString: string) => ({
  body: {
    ARN: 'arn:aws:secretsmanager:eu-central-1:1:secret:a',
    Name: 'a',
    VersionId,
    SecretString,
    CreatedDate: 1795168800.123,
  },
})

describe('AWS Secrets Manager', () => {
  it('AWSCURRENT and AWSPREVIOUS; a secret in JSON or alone', async () => {
    await using server = await startServer(({ body }) =>
      JSON.parse(body).VersionStage === 'AWSPREVIOUS'
        ? awsAnswer('v1', 'old')
        : awsAnswer('v2', '{"username":"a","password":"new"}'),
    )
    const source = awsSecret({ secretId: 'prod/report', getSecretValue: awsClient(server), field: 'password' })
    const { current, previous, createdAt } = await source.get()
    assert.deepEqual([current, previous, createdAt], ['new', 'old', 1795168800])
    assert.equal(JSON.parse(server.received[0]?.body ?? '').SecretId, 'prod/report')
  })

  it('a secret that was never rotated has no previous one', async () => {
    await using server = await startServer(({ body }) =>
      JSON.parse(body).VersionStage === 'AWSPREVIOUS'
        ? {
            status: 400,
            body: {
              __type: 'ResourceNotFoundException',
              Message: "can't find the specified secret value for staging label",
            },
          }
        : awsAnswer('v1', 'only'),
    )
    const { current, previous } = await awsSecret({ secretId: 'a', getSecretValue: awsClient(server) }).get()
    assert.deepEqual([current, previous], ['only', undefined])
  })

  const refusals = [
    [400, 'ResourceNotFoundException', /no such secret in this account and region/],
    [400, 'AccessDeniedException', /secretsmanager:GetSecretValue/],
    [400, 'ThrottlingException', /reloadAfterSeconds/],
    [500, 'InternalServiceError', /\(InternalServiceError\)/],
  ] as const
  for (const [status, __type, expected] of refusals) {
    it(`${__type}: says what to do`, async () => {
      await using server = await startServer(() => ({ status, body: { __type, Message: 'no' } }))
      await unavailable(awsSecret({ secretId: 'a', getSecretValue: awsClient(server) }).get(), expected)
    })
  }

  it('one that does not answer in time has its request aborted; a binary secret is none', async () => {
    await using server = await startServer(() => undefined)
    const slow = awsSecret({ secretId: 'a', getSecretValue: awsClient(server), timeoutMs: 50 })
    await unavailable(slow.get(), /no answer within 50 ms/)
    await unavailable(awsSecret({ secretId: 'a', getSecretValue: async () => ({}) }).get(), /binary/)
  })
})

const azureId = (version: string) => `https://my-vault.vault.azure.net/secrets/report-job/${version}`

const azureSecretBody = (version: string, value: string, created: number) => ({
  body: {
    value,
    id: azureId(version),
    attributes: { enabled: true, created, updated: created, recoveryLevel: 'Recoverable' },
  },
})

const azureAt = (server: FakeServer, more: object = {}) =>
  azureSecret({ vaultUrl: server.url, name: 'report-job', getToken: async () => 'canary-token', ...more })

describe('Azure Key Vault', () => {
  it('the latest version is the current secret, the newest enabled one before it the previous', async () => {
    await using server = await startServer(({ path }) => {
      if (path.startsWith('/secrets/report-job/versions?')) {
        const versions = [
          { id: azureId('v1'), attributes: { enabled: true, created: 100 } },
          { id: azureId('v4'), attributes: { enabled: true, created: 400 } },
          { id: azureId('v2'), attributes: { enabled: true, created: 200 } },
          { id: azureId('v3'), attributes: { enabled: false, created: 300 } },
        ]
        return { body: { value: versions, nextLink: null } }
      }
      return path.startsWith('/secrets/report-job/v2?')
        ? azureSecretBody('v2', 'old', 200)
        : azureSecretBody('v4', 'new', 400)
    })
    const source = azureAt(server)
    const { current, previous, createdAt } = await source.get()
    assert.deepEqual([current, previous, createdAt], ['new', 'old', 400])
    assert.deepEqual(
      server.received.map(({ path }) => path),
      ['', '/versions', '/v2'].map((part) => `/secrets/report-job${part}?api-version=7.4`),
    )
    assert.equal(server.received[0]?.headers.authorization, 'Bearer canary-token')
    await source.reload()
    assert.equal(server.received.length, 4, 'the version before is read once')
  })

  it('there is no previous one for an identity that may not list', async () => {
    await using server = await startServer(({ path }) =>
      path.includes('/versions') ? { status: 403, body: {} } : azureSecretBody('v1', 'only', 1),
    )
    const { current, previous } = await azureAt(server).get()
    assert.deepEqual([current, previous], ['only', undefined])
  })

  const refusals = [
    [401, 'Unauthorized', /answered 401: .*https:\/\/vault\.azure\.net/],
    [403, 'Forbidden', /answered 403: .*Key Vault Secrets User/],
    [404, 'SecretNotFound', /answered 404: no such secret/],
    [429, 'Throttled', /answered 429: .*reloadAfterSeconds/],
  ] as const
  for (const [status, code, expected] of refusals) {
    it(`${status}: says what to do`, async () => {
      await using server = await startServer(() => ({ status, body: { error: { code, message: 'canary' } } }))
      await unavailable(azureAt(server).get(), expected)
    })
  }
})

describe('environment', () => {
  it('is looked at every time, with the one before; says which variable is missing', async (t) => {
    t.after(() => {
      delete process.env.CREDENCE_TEST_SECRET
      delete process.env.CREDENCE_TEST_PREVIOUS
    })
    const source = environmentSecret('CREDENCE_TEST_SECRET', 'CREDENCE_TEST_PREVIOUS')
    await unavailable(source.get(), /CREDENCE_TEST_SECRET is not set/)
    process.env.CREDENCE_TEST_SECRET = 'one'
    assert.equal((await source.get()).current, 'one')
    process.env.CREDENCE_TEST_SECRET = 'two'
    process.env.CREDENCE_TEST_PREVIOUS = 'one'
    const { current, previous } = await source.get()
    assert.deepEqual([current, previous], ['two', 'one'])
  })
})
