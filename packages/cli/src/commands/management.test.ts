import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startServe, type TestServer } from '../testing/start_serve.ts'

const audience = 'https://orders.example.com/?tenant=1'

describe('the commands that manage a server, each with --json and without', () => {
  let server: TestServer
  before(async () => {
    server = await startServe()
  })
  after(() => server.stop())

  const runs = async (words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await server.run(words)
    assert.equal(stderr, '')
    assert.equal(code, 0)
    return stdout
  }

  it('api create, list, show, update, delete', async () => {
    const created = await server.runJson([
      'api',
      'create',
      audience,
      '--scope',
      'orders:read',
      '--scope',
      'orders:write,orders:admin',
    ])
    assert.deepEqual(created.scopes, ['orders:read', 'orders:write', 'orders:admin'])
    assert.match(
      await runs(['api', 'create', 'urn:other', '--scope', 'a', '--token-ttl', '5m', '--alg', 'EdDSA']),
      /tokens live +5m/,
    )

    const { items } = await server.runJson(['api', 'list'])
    assert.deepEqual((items as { audience: string }[]).map((api) => api.audience).sort(), [
      audience,
      'urn:credence:admin',
      'urn:other',
    ])
    assert.match(await runs(['api', 'list']), /^AUDIENCE.*\n.*https:\/\/orders/)

    assert.equal((await server.runJson(['api', 'show', 'urn:other'])).signing_alg, 'EdDSA')
    assert.match(await runs(['api', 'show', audience]), /orders:read orders:write orders:admin/)

    assert.equal((await server.runJson(['api', 'update', 'urn:other', '--token-ttl', '2m'])).token_ttl_seconds, 120)
    assert.match(await runs(['api', 'update', 'urn:other', '--scope', 'b']), /changed API urn:other\n +scopes +b\n/)

    assert.deepEqual(await server.runJson(['api', 'delete', 'urn:other']), { audience: 'urn:other', deleted: true })
    await runs(['api', 'create', 'urn:other', '--scope', 'a'])
    assert.equal(await runs(['api', 'delete', 'urn:other']), 'deleted API urn:other\n')
  })

  it('contract: client create --json gives client_id, client_secret, credential_id, token_endpoint and issuer', async () => {
    const words = [
      'client',
      'create',
      'json-job',
      '--grant',
      `${audience}=orders:read`,
      '--grant',
      `${audience}=orders:write`,
    ]
    const more = [
      '--name',
      'Job',
      '--auth',
      'client_secret_basic',
      '--default-scope',
      'orders:read',
      '--token-ttl',
      '5m',
      '--expires',
      '90d',
    ]
    const created = await server.runJson([...words, ...more, '--label', 'first'])
    assert.equal(created.client_id, 'json-job')
    assert.equal(created.issuer, server.ready.issuer)
    assert.equal(created.token_endpoint, `${server.ready.issuer}/oauth/token`)
    assert.match(String(created.client_secret), /^cred_\w+$/)
    assert.match(String(created.credential_id), /^cred_\w+$/)
    assert.deepEqual(created.grants, [{ audience, scopes: ['orders:read', 'orders:write'] }])
    assert.ok(Number(created.client_secret_expires_at) > Date.now() / 1000 + 89 * 86_400)
    const { client_name, token_endpoint_auth_method, default_scope, token_ttl_seconds } = created
    assert.deepEqual(
      { client_name, token_endpoint_auth_method, default_scope, token_ttl_seconds },
      {
        client_name: 'Job',
        token_endpoint_auth_method: 'client_secret_basic',
        default_scope: ['orders:read'],
        token_ttl_seconds: 300,
      },
    )
  })

  it('contract: client create prints paste-ready environment lines, and says that the secret is shown once', async () => {
    const shown = await runs(['client', 'create', 'report-job', '--grant', `${audience}=orders:read`])
    assert.match(shown, /^# .*shown this once/m)
    const lines = shown.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    const names = lines.map((line) => /^([A-Z_]+)=[\w:/.-]+$/.exec(line)?.[1])
    assert.deepEqual(names, [
      'CREDENCE_ISSUER',
      'CREDENCE_TOKEN_ENDPOINT',
      'CREDENCE_CLIENT_ID',
      'CREDENCE_CLIENT_SECRET',
    ])
    // they are what the other commands read
    const environment = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s, 2)))
    const { code, stdout, stderr } = await server.run(['token'], { environment })
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  })

  it('client list, show, update, disable, enable, delete', async () => {
    await server.runJson(['client', 'create', 'c1', '--name', 'One'])
    const { items } = await server.runJson(['client', 'list'])
    assert.ok((items as { client_id: string }[]).some(({ client_id: id }) => id === 'c1'))
    assert.match(await runs(['client', 'list']), /^c1 +One +enabled/m)

    assert.deepEqual((await server.runJson(['client', 'show', 'c1'])).grants, [])
    assert.match(await runs(['client', 'show', 'c1']), /may ask for +nothing yet/)

    assert.equal((await server.runJson(['client', 'update', 'c1', '--name', 'Uno'])).client_name, 'Uno')
    assert.match(await runs(['client', 'update', 'c1', '--token-ttl', '2m']), /tokens live +2m at most/)

    assert.equal((await server.runJson(['client', 'disable', 'c1'])).disabled, true)
    assert.match(await runs(['client', 'enable', 'c1']), /^enabled c1/)
    assert.match(await runs(['client', 'disable', 'c1']), /gets no tokens/)
    assert.equal((await server.runJson(['client', 'enable', 'c1'])).disabled, false)

    assert.deepEqual(await server.runJson(['client', 'delete', 'c1']), { client_id: 'c1', deleted: true })
    await server.runJson(['client', 'create', 'c1'])
    assert.equal(await runs(['client', 'delete', 'c1']), 'deleted client c1\n')
  })

  it('credential list, add, revoke, rotate', async () => {
    const first = await server.runJson(['client', 'create', 'c2', '--label', 'first'])
    const added = await server.runJson(['credential', 'add', 'c2', '--label', 'b', '--expires', '1d'])
    assert.match(String(added.client_secret), /^cred_/)
    assert.match(await runs(['credential', 'add', 'c2']), /^CREDENCE_CLIENT_SECRET=cred_\w+$/m)

    const { items } = await server.runJson(['credential', 'list', 'c2'])
    assert.equal((items as object[]).length, 3)
    assert.ok(!JSON.stringify(items).includes('secret_'))
    assert.match(
      await runs(['credential', 'list', 'c2']),
      new RegExp(`^${first.credential_id} +first +live .* never`, 'm'),
    )

    assert.equal((await server.runJson(['credential', 'revoke', 'c2', String(added.credential_id)])).status, 'revoked')

    const rotated = await server.runJson(['credential', 'rotate', 'c2', '--no-wait'])
    const older = rotated.older as { credential_id: string }[]
    assert.equal(older.length, 2, 'the live ones, without the new one and the revoked one')
    const shown = await runs(['credential', 'rotate', 'c2', '--no-wait'])
    const [command = ''] = /credence credential revoke \S+ \S+/.exec(shown) ?? []
    assert.match(await runs(command.split(' ').slice(1)), /^revoked cred_\w+ of c2/)
  })

  it('grant set, list, remove', async () => {
    await server.runJson(['client', 'create', 'c3'])
    assert.deepEqual((await server.runJson(['grant', 'set', 'c3', `${audience}=orders:read`])).scopes, ['orders:read'])
    assert.match(
      await runs(['grant', 'set', 'c3', `${audience}=orders:read,orders:write`]),
      /may ask for orders:read orders:write on/,
    )
    assert.equal(((await server.runJson(['grant', 'list', 'c3'])).items as object[]).length, 1)
    assert.match(await runs(['grant', 'list', 'c3']), /orders:read orders:write/)
    assert.equal((await server.runJson(['grant', 'remove', 'c3', audience])).removed, true)
    assert.match(await runs(['grant', 'list', 'c3']), /granted nothing/)
    await runs(['grant', 'set', 'c3', `${audience}=orders:read`])
    assert.match(await runs(['grant', 'remove', 'c3', audience]), /nothing on/)
  })

  it('contract: exit code 1 and the reason on stderr when refused; with --json as JSON with a stable code', async () => {
    const plain = await server.run(['client', 'show', 'nobody'])
    assert.deepEqual(plain, { code: 1, stdout: '', stderr: 'credence: no client nobody\n' })
    for (const [words, expected] of [
      [['client', 'show', 'nobody'], 'not_found'],
      [['api', 'create', audience, '--scope', 'x'], 'already_exists'],
      [['api', 'delete', 'urn:credence:admin'], 'built_in'],
      [['client', 'create', 'bad id'], 'invalid_request'],
      [['client', 'create', 'x', '--name', 'a\u0007b'], 'invalid_request'],
      [['grant', 'set', 'report-job', `${audience}=nope`], 'invalid_request'],
    ] as const) {
      const { code, stdout, stderr } = await server.run([...words, '--json'])
      assert.equal(code, 1, words.join(' '))
      assert.equal(stdout, '')
      assert.equal(JSON.parse(stderr).code, expected)
    }
  })
})
