import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startServe, type TestServer } from '../testing/start_serve.ts'

const audience = 'https://orders.example.com'

describe('credence revoke', () => {
  let server: TestServer
  let client: Record<string, unknown>
  before(async () => {
    server = await startServe()
    await server.runJson(['api', 'create', audience, '--scope', 'a', '--token-format', 'opaque', '--token-ttl', '2m'])
    client = await server.runJson(['client', 'create', 'job', '--grant', `${audience}=a`, '--serves', audience])
  })
  after(() => server.stop())

  const getToken = async (): Promise<string> => {
    const environment = {
      CREDENCE_ISSUER: server.ready.issuer,
      CREDENCE_CLIENT_ID: 'job',
      CREDENCE_CLIENT_SECRET: String(client.client_secret),
    }
    const { stdout, stderr } = await server.run(['token'], { environment })
    assert.equal(stderr, '')
    return stdout.trim()
  }
  const isActive = async (token: string): Promise<unknown> => {
    const credentials = `job:${client.client_secret}`
    const answer = await fetch(`${server.ready.issuer}/oauth/introspect`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
      body: new URLSearchParams({ token }),
    })
    return ((await answer.json()) as { readonly active: unknown }).active
  }

  /** A token that no earlier cut-off denies: one reaches at most a second ahead. */
  const getActiveToken = async (): Promise<string> => {
    let token = await getToken()
    for (let time = 0; (await isActive(token)) !== true && time < 20; time++) token = await getToken()
    return token
  }

  it('denies one token, read from standard input, and never prints it', async () => {
    const token = await getToken()
    assert.equal(await isActive(token), true)
    const { code, stdout, stderr } = await server.run(['revoke', '--token', '-'], { input: `${token}\n` })
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /^denied: the token \S+ of job\nIt would have lived until /)
    assert.ok(!stdout.includes(token))
    assert.equal(await isActive(token), false)
  })

  it('denies all of a client and says how many can still be alive at most, and until when', async () => {
    const token = await getToken()
    const { stdout } = await server.run(['revoke', '--client', 'job'])
    assert.match(stdout, /^denied: every token of client job that was issued before \S+Z\n/)
    assert.match(stdout, /At most \d+ of them can still be alive, and none after \S+ \S+Z\./)
    assert.equal(await isActive(token), false)
    const counted = await server.runJson(['revoke', '--client', 'job', '--audience', audience])
    assert.equal(typeof counted.tokens_alive_at_most, 'number')
    assert.ok(Number(counted.tokens_expire_by) <= Math.floor(Date.now() / 1000) + 3_601)
  })

  it('denies what a credential got, before a time or altogether; what was before is none of it', async () => {
    const early = await server.runJson(['revoke', '--credential', String(client.credential_id), '--before', '2h'])
    assert.equal(early.tokens_alive_at_most, 0)
    const { stdout } = await server.run(['revoke', '--client', 'job', '--before', '2020-01-01T00:00:00Z'])
    assert.match(stdout, /None of them can still be alive\./)
  })

  it('inspect says what an opaque token is, and that nothing can be read from it', async () => {
    const { code, stderr } = await server.run(['inspect', await getToken()])
    assert.equal(code, 1)
    assert.match(stderr, /an opaque token says nothing to anybody but the server/)
  })

  it('wants to know whose tokens, and knows a slip of the pen', async () => {
    for (const words of [
      [],
      ['--before', '10m'],
      ['--token', 'x', '--client', 'job'],
      ['--all', '--client', 'job'],
      ['--client', 'job', '--before', '1'],
    ]) {
      const { code, stderr } = await server.run(['revoke', ...words])
      assert.equal(code, 2, stderr)
    }
    const { code, stderr } = await server.run(['revoke', '--client', 'jbo'])
    assert.equal(code, 1)
    assert.match(stderr, /no client jbo/)
  })

  it('--all denies every token that was issued before a time', async () => {
    const token = await getActiveToken()
    const past = await server.run(['revoke', '--all', '--before', '1h'])
    assert.match(past.stdout, /^denied: every token of this server that was issued before /)
    assert.equal(await isActive(token), true)
    assert.equal((await server.run(['revoke', '--all'])).code, 0)
    assert.equal(await isActive(token), false)
  })

  it('credential revoke says what becomes of the tokens; --and-tokens denies them', async () => {
    const words = ['credential', 'revoke', 'job', String(client.credential_id)]
    const { stdout } = await server.run(words)
    assert.match(stdout, /gets no more tokens, and those that it got live until they expire/)
    assert.match((await server.run([...words, '--and-tokens'])).stdout, /and those that it got are denied/)
  })
})
