import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startServe, type TestServer } from '../testing/start_serve.ts'
import { parseQuota } from './command_options.ts'

const audience = 'https://orders.example.com'

describe('usage, findings and quotas on the command line', () => {
  let server: TestServer
  const runs = async (words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await server.run(words)
    assert.equal(stderr, '')
    assert.equal(code, 0)
    return stdout
  }

  before(async () => {
    server = await startServe()
    await server.runJson(['api', 'create', audience, '--scope', 'orders:read,orders:write'])
    const grant = ['--grant', `${audience}=orders:read,orders:write`]
    const job = await server.runJson([
      'client',
      'create',
      'job',
      ...grant,
      '--quota',
      '1/min',
      '--quota-mode',
      'observe',
    ])
    const environment = {
      CREDENCE_TOKEN_ENDPOINT: String(job.token_endpoint),
      CREDENCE_CLIENT_ID: 'job',
      CREDENCE_CLIENT_SECRET: String(job.client_secret),
    }
    for (const _ of [1, 2]) {
      const { code, stderr } = await server.run(['token', '--scope', 'orders:read'], { environment })
      assert.equal(code, 0, stderr)
    }
  })
  after(() => server.stop())

  it('contract: credence usage [CLIENT] shows what is used, by which credential, and what is granted but never used', async () => {
    assert.match(await runs(['usage']), /^CLIENT +CREDENTIAL .*\njob +cred_\w+ +https:\/\/orders\S+ +2 +orders:read 2 /)
    const one = await runs(['usage', 'job', '--since', '7d'])
    assert.match(one, /^CREDENTIAL .*\ncred_\w+ +https:\/\/orders\S+ +2 +orders:read 2 /)
    assert.match(one, /orders:read +20\d\d-.*\n.*orders:write +never/)
    const { items, scopes } = await server.runJson(['usage', 'job'])
    assert.equal((items as unknown[]).length, 1)
    assert.equal((scopes as unknown[]).length, 2)
    assert.equal((await server.run(['usage', 'nobody'])).code, 1)
  })

  it('contract: credence findings shows evidence and a command; --fail-on decides the exit code', async () => {
    const shown = await runs(['findings', '--client', 'job'])
    assert.match(
      shown,
      /^info +job at https:\/\/orders\S+: grant never used\n +orders:write was granted by .*\n +→ credence grant set job /m,
    )
    assert.match(shown, /^ +its quota of 1 a minute would have refused 1 request in/m)
    assert.equal((await server.run(['findings', '--fail-on', 'warning'])).code, 0)
    const failed = await server.run(['findings', '--fail-on', 'info', '--json'])
    assert.equal(failed.code, 1)
    assert.match(failed.stderr, /^\{"code":"findings","message":"\d+ of severity info or graver"/)
    assert.ok(JSON.parse(failed.stdout).items.length >= 2)
    assert.equal(await runs(['findings', '--severity', 'critical']), 'nothing to look at\n')
    assert.equal((await server.run(['findings', '--fail-on', 'loud'])).code, 2)
  })

  it('contract: --quota and --quota-mode, together, alone, and off', async () => {
    assert.match(await runs(['client', 'show', 'job']), /quota +1\/min on each replica; more is only counted/)
    const update = async (...words: string[]) => (await server.runJson(['client', 'update', 'job', ...words])).quota
    assert.deepEqual(await update('--quota-mode', 'enforce'), { tokens_per_minute: 1, mode: 'enforce' })
    assert.deepEqual(await update('--quota', '30/min'), { tokens_per_minute: 30, mode: 'enforce' })
    assert.equal(await update('--quota', 'off'), undefined)
    assert.equal((await server.run(['client', 'update', 'job', '--quota', '30'])).code, 2)
  })

  it('a quota is a number of tokens in a minute, or off', () => {
    assert.deepEqual(['30/min', '30 / min', '1/minute', 'off'].map(parseQuota), [30, 30, 1, 'off'])
    for (const text of ['0/min', '30', '30/h', '-1/min', '1.5/min', '', '12345678/min'])
      assert.throws(() => parseQuota(text))
  })

  it('credential list shows what a credential was last used by', async () => {
    assert.match(await runs(['credential', 'list', 'job']), /FROM +BY *\ncred_\w+ .*127\.0\.0\.1 +\S+/)
  })
})
