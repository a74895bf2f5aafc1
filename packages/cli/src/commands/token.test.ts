import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { runCredence } from '../testing/run_credence.ts'
import { startServe, type TestServer } from '../testing/start_serve.ts'

const audience = 'https://orders.example.com'

describe('credence token and credence inspect', () => {
  let server: TestServer
  let secret: string
  let credentialId: string
  let token: string
  before(async () => {
    server = await startServe()
    await server.runJson(['api', 'create', audience, '--scope', 'orders:read', '--scope', 'orders:write'])
    const grant = `${audience}=orders:read,orders:write`
    const client = await server.runJson(['client', 'create', 'job', '--grant', grant])
    secret = String(client.client_secret)
    credentialId = String(client.credential_id)
    const environment = { CREDENCE_CLIENT_SECRET: secret }
    token = (await server.run(['token', '--client-id', 'job'], { environment })).stdout.trim()
  })
  after(() => server.stop())

  const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())

  it('contract: prints the access token alone; the issuer is that of the local server unless given', async () => {
    assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/)
    const { iss, aud, client_id, scope } = claimsOf(token)
    assert.deepEqual([iss, aud, client_id, scope], [server.ready.issuer, audience, 'job', 'orders:read orders:write'])
  })

  it('--json, --issuer, --scope, --audience and the secret from a file', async () => {
    const file = join(server.ready.data, 'secret')
    await writeFile(file, `${secret}\n`)
    const environment = { CREDENCE_CLIENT_SECRET_FILE: file, CREDENCE_CLIENT_ID: 'job' }
    const words = ['token', '--issuer', server.ready.issuer, '--scope', 'orders:read', '--audience', audience, '--json']
    const { code, stdout, stderr } = await runCredence(words, { environment })
    assert.equal(code, 0, stderr)
    const answer = JSON.parse(stdout)
    assert.deepEqual([answer.token_type, answer.scope], ['Bearer', 'orders:read'])
    assert.equal(claimsOf(answer.access_token).exp, answer.expires_at)
  })

  it('C2: a refusal says why, with a stable code, and never repeats the secret', async () => {
    const wrong = `${secret.slice(0, -6)}canary`
    for (const [given, words, expected] of [
      [wrong, [], 'invalid_client'],
      [secret, ['--scope', 'orders:delete'], 'invalid_scope'],
      [secret, ['--audience', 'urn:other'], 'invalid_target'],
      [secret, ['--issuer', 'http://127.0.0.1:1'], 'network_error'],
      [secret, ['--issuer', 'http://credence.example'], 'insecure_url'],
    ] as const) {
      const environment = { CREDENCE_CLIENT_SECRET: given }
      const { code, stdout, stderr } = await server.run(['token', '--client-id', 'job', ...words, '--json'], {
        environment,
      })
      assert.equal(code, 1, stderr)
      assert.equal(stdout, '')
      assert.equal(JSON.parse(stderr).code, expected)
      assert.ok(!stderr.includes(given.slice(-20)))
    }
  })

  it('a secret is no option, and one that is given all the same is not repeated', async () => {
    for (const words of [['--client-secret=canary'], ['--client-secret', 'canary']]) {
      const { code, stdout, stderr } = await server.run(['token', ...words])
      assert.equal(code, 2)
      assert.match(stderr, /unknown option '--client-secret'/)
      assert.ok(!`${stdout}${stderr}`.includes('canary'))
    }
    assert.match((await server.run(['token', '--help'])).stdout, /list of processes/)
  })

  it('inspect: verifies, and says in words who may do what, where, until when, and which credential asked', async () => {
    const { code, stdout, stderr } = await server.run(['inspect', token])
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^verified: issued by http/)
    assert.match(
      stdout,
      /who +job\n +may +orders:read, orders:write\n +where +https:\/\/orders\.example\.com\n +until +\S+ \S+, in (9|10) minutes/,
    )
    assert.ok(stdout.includes(`${credentialId} asked for it`))
    for (const words of [
      ['inspect', '--json'],
      ['inspect', '-', '--json', '--issuer', server.ready.issuer],
    ]) {
      const piped = await server.run(words, { input: `${token}\n` })
      assert.equal(piped.code, 0, piped.stderr)
      const document = JSON.parse(piped.stdout)
      assert.equal(document.verified, true)
      assert.equal(document.claims.client_id, 'job')
    }
  })

  it('inspect: what does not verify is shown as unverified, with exit code 1', async () => {
    const [header, payload, signature = ''] = token.split('.')
    const other = { ...claimsOf(token), client_id: 'mallory' }
    const changed = `${header}.${Buffer.from(JSON.stringify(other)).toString('base64url')}.${signature}`
    const foreign = { ...claimsOf(token), iss: 'http://auth.example' }
    for (const [given, words, expected] of [
      [changed, [], 'bad_signature'],
      [`${token}=`, [], 'malformed_token'],
      [token, ['--issuer', 'http://127.0.0.1:1'], 'wrong_issuer'],
      [`${header}.${Buffer.from(JSON.stringify(foreign)).toString('base64url')}.${signature}`, [], 'wrong_issuer'],
    ] as const) {
      const plain = await server.run(['inspect', given, ...words])
      assert.equal(plain.code, 1)
      assert.match(plain.stdout, /^UNVERIFIED/)
      assert.match(plain.stdout, given === changed ? /who +mallory/ : /who +job/)
      const json = await server.run(['inspect', given, '--json', ...words])
      assert.equal(json.code, 1)
      assert.equal(JSON.parse(json.stdout).verified, false)
      assert.equal(JSON.parse(json.stderr).code, expected)
      assert.ok(!`${json.stderr}${plain.stderr}`.includes(signature) && payload !== undefined)
    }
  })

  it('inspect: what is no token at all', async () => {
    for (const input of ['nothing', 'a.b.c', 'x'.repeat(100_000)]) {
      const { code, stdout } = await server.run(['inspect'], { input })
      assert.equal(code, 1)
      assert.match(stdout, /^UNVERIFIED: .*nothing in it can be read/)
    }
    assert.equal((await server.run(['inspect'], { input: ' \n' })).code, 2)
  })
})
