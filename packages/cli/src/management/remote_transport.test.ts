import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { parseChallenges } from '@credence/protocol'
import { type Outcome, runCredence } from '../testing/run_credence.ts'
import { startServe, type TestServer } from '../testing/start_serve.ts'
import { exchange } from './http_exchange.ts'

describe('CREDENCE_URL: a server elsewhere, managed with a client of its own', () => {
  let server: TestServer
  let environment: Record<string, string>
  before(async () => {
    server = await startServe()
    const grant = 'urn:credence:admin=admin:apis:read,admin:apis:write'
    const client = await server.runJson(['client', 'create', 'operator', '--grant', grant])
    environment = {
      CREDENCE_URL: server.ready.management_url,
      CREDENCE_CLIENT_ID: 'operator',
      CREDENCE_CLIENT_SECRET: String(client.client_secret),
    }
  })
  after(() => server.stop())

  const runRemotely = (words: readonly string[], given: Record<string, string> = {}): Promise<Outcome> =>
    runCredence(words, { environment: { ...environment, ...given } })

  it('RFC 9728: learns the issuer from the management URL, gets a token and does what its scopes allow', async () => {
    const created = await runRemotely(['api', 'create', 'https://a.example', '--scope', 's', '--json'])
    assert.equal(created.code, 0, created.stderr)
    const listed = await runRemotely(['api', 'list', '--json'], { CREDENCE_ISSUER: server.ready.issuer })
    assert.equal(listed.code, 0, listed.stderr)
    assert.equal(JSON.parse(listed.stdout).items.length, 2)
  })

  it('RFC 9728 §5.1: the challenge names the metadata on this machine, and none where a proxy may stand before it', async () => {
    for (const [host, expected] of [
      [
        new URL(server.ready.management_url).host,
        `${server.ready.management_url}/.well-known/oauth-protected-resource`,
      ],
      ['credence.example', undefined],
      ['"\u00e9', undefined],
    ] as const) {
      const request = { method: 'GET', path: '/admin/v1/apis', headers: { host } }
      const { status, headers } = await exchange({ url: new URL(server.ready.management_url) }, request)
      assert.equal(status, 401)
      const [challenge] = parseChallenges(headers['www-authenticate'] ?? '')
      assert.equal(challenge?.parameters.resource_metadata, expected)
    }
  })

  it('A8: refuses what its scopes do not allow, naming the scope', async () => {
    const { code, stderr } = await runRemotely(['client', 'list', '--json'])
    assert.equal(code, 1)
    assert.deepEqual(JSON.parse(stderr), {
      code: 'insufficient_scope',
      message: 'this needs the scope admin:clients:read',
    })
  })

  it('says so when CREDENCE_URL is the public listener', async () => {
    for (const given of [{}, { CREDENCE_ISSUER: server.ready.issuer }]) {
      const { code, stderr } = await runRemotely(['api', 'list'], { CREDENCE_URL: server.ready.public_url, ...given })
      assert.equal(code, 1)
      assert.match(stderr, /is not a management listener/)
    }
  })

  it('--data wins over CREDENCE_URL', async () => {
    const { code } = await runRemotely(['client', 'list', '--data', server.ready.data])
    assert.equal(code, 0)
  })

  it('names what is missing or wrong, with exit code 2', async () => {
    for (const [given, expected] of [
      [{ CREDENCE_CLIENT_ID: '' }, /CREDENCE_CLIENT_ID/],
      [{ CREDENCE_CLIENT_SECRET: '' }, /CREDENCE_CLIENT_SECRET_FILE/],
      [{ CREDENCE_CLIENT_SECRET_FILE: '/nonexistent' }, /both set/],
      [
        { CREDENCE_CLIENT_SECRET: '', CREDENCE_CLIENT_SECRET_FILE: '/nonexistent' },
        /CREDENCE_CLIENT_SECRET_FILE: ENOENT/,
      ],
      [{ CREDENCE_URL: 'elsewhere' }, /not a URL/],
      [{ CREDENCE_URL: 'http://credence.example' }, /must be https/],
    ] as const) {
      const { code, stderr } = await runRemotely(['api', 'list'], given)
      assert.equal(code, 2, stderr)
      assert.match(stderr, expected)
    }
  })

  it('C2: a secret that is refused is not repeated', async () => {
    const canary = 'cred_00000000000000000000000000_canary'
    const { code, stdout, stderr } = await runRemotely(['api', 'list', '--json'], { CREDENCE_CLIENT_SECRET: canary })
    assert.equal(code, 1)
    assert.equal(JSON.parse(stderr).code, 'invalid_client')
    assert.ok(!`${stdout}${stderr}${server.log()}`.includes('canary'))
  })

  it('C1: the secret does not go where a made-up management URL says', async (test) => {
    const seen: string[] = []
    const impostor = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`)
      const issuer = request.url?.startsWith('/.well-known/oauth-protected') ? ['http://attacker.example'] : []
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ resource: 'urn:credence:admin', authorization_servers: issuer }))
    })
    test.after(() => impostor.close())
    await once(impostor.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(impostor.address() as AddressInfo).port}`
    const { code, stderr } = await runRemotely(['api', 'list', '--json'], { CREDENCE_URL: url })
    assert.equal(code, 1)
    assert.equal(JSON.parse(stderr).code, 'insecure_url')
    assert.deepEqual(seen, ['GET /.well-known/oauth-protected-resource '])
  })
})

describe('no server', () => {
  it('says what was looked for and how to start one', async () => {
    const { code, stdout, stderr } = await runCredence(['client', 'list', '--data', '/nonexistent'])
    assert.equal(code, 1)
    assert.equal(stdout, '')
    assert.match(
      stderr,
      /^credence: no server answers at \/nonexistent\/credence\.sock\. Start one .*credence serve --data \/nonexistent/,
    )
    const json = await runCredence(['client', 'list', '--data', '/nonexistent', '--json'])
    assert.equal(JSON.parse(json.stderr).code, 'no_server')
  })

  it('CREDENCE_URL where nothing listens', async () => {
    const environment = { CREDENCE_URL: 'http://127.0.0.1:1', CREDENCE_CLIENT_ID: 'a', CREDENCE_CLIENT_SECRET: 'b' }
    const { code, stderr } = await runCredence(['client', 'list', '--json'], { environment })
    assert.equal(code, 1)
    assert.equal(JSON.parse(stderr).code, 'unreachable')
  })
})
