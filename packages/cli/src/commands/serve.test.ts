import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { collect, runCredence, spawnCredence } from '../testing/run_credence.ts'
import { createFolder, startServe } from '../testing/start_serve.ts'

describe('credence serve', () => {
  let folder: string
  before(async () => {
    folder = await createFolder()
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('contract: with --json prints one ready line, and SIGTERM ends it with exit code 0', async () => {
    const server = await startServe()
    const { event, issuer, public_url, management_url, data, pid } = server.ready
    assert.equal(event, 'ready')
    assert.equal(issuer, public_url)
    assert.match(management_url, /^http:\/\/127\.0\.0\.1:\d+$/)
    assert.ok(data.length > 0 && pid > 0)
    assert.equal((await fetch(`${issuer}/.well-known/oauth-authorization-server`)).status, 200)
    assert.equal(await server.stop(), 0)
    await assert.rejects(fetch(issuer))
  })

  it('contract: SIGTERM drains: a request under way is answered', async () => {
    const server = await startServe()
    const { hostname, port } = new URL(server.ready.issuer)
    const { connect } = await import('node:net')
    const socket = connect(Number(port), hostname)
    const answer = collect(socket)
    await once(socket, 'connect')
    const body = 'grant_type=client_credentials&client_id=nobody&client_secret=nothing'
    socket.write(
      `POST /oauth/token HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/x-www-form-urlencoded\r\n` +
        `Content-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
    )
    // the server has read the head, so the request is under way
    await once(socket, 'data')
    const stopped = server.stop()
    socket.write(body)
    assert.equal(await stopped, 0)
    assert.match(answer.text, /HTTP\/1\.1 401 /)
    assert.match(answer.text, /invalid_client/)
  })

  it('contract: a database that cannot be reached is exit code 1 and says so, with a stable code', async () => {
    const flags = ['--database-url', 'postgres://127.0.0.1:1/x', '--data', join(folder, 'no_database')]
    const words = ['serve', '--port', '0', '--management-port', '0', ...flags]
    const shown = await runCredence(words)
    assert.equal(shown.code, 1)
    assert.match(shown.stderr, /^credence: the database cannot be reached: .*ECONNREFUSED/)
    const { code, message } = JSON.parse((await runCredence([...words, '--json'])).stderr)
    assert.equal(code, 'unavailable')
    assert.match(message, /^the database cannot be reached/)
  })

  it('without --json says where it is and, while there is no client, what to do next; SIGINT ends it too', async () => {
    const data = join(folder, 'human')
    const words = ['serve', '--port', '0', '--management-port', 'off', '--data', data]
    const first = spawnCredence(words)
    const shown = collect(first.stdout)
    for await (const line of createInterface(first.stdout)) if (line.includes('client create')) break
    assert.match(shown.text, /issuer +http:\/\/127\.0\.0\.1:\d+/)
    assert.match(shown.text, /token endpoint +http:\/\/127\.0\.0\.1:\d+\/oauth\/token/)
    assert.match(shown.text, /management +off over TCP/)
    assert.ok(shown.text.includes(data))
    const commands = shown.text.match(/^ {2}credence .*$/gm) ?? []
    assert.equal(commands.length, 2)
    for (const command of commands) {
      const { code, stderr } = await runCredence(command.trim().split(' ').slice(1))
      assert.equal(code, 0, stderr)
    }
    first.kill('SIGINT')
    assert.deepEqual(await once(first, 'close'), [0, null])

    const second = spawnCredence(words)
    const again = collect(second.stdout)
    for await (const line of createInterface(second.stdout)) if (line.includes(data)) break
    second.kill('SIGTERM')
    assert.deepEqual(await once(second, 'close'), [0, null])
    assert.doesNotMatch(again.text, /client create/)
  })

  it('contract: every fault is listed at once, with exit code 78', async () => {
    const environment = { CREDENCE_LOG_LEVEL: 'loud', CREDENCE_PROT: '1' }
    const plain = await runCredence(['serve', '--port', '99999'], { environment })
    assert.equal(plain.code, 78)
    assert.equal(plain.stdout, '')
    assert.match(plain.stderr, /^credence: --port must be .*$/m)
    assert.match(plain.stderr, /^credence: CREDENCE_LOG_LEVEL must be .*$/m)
    assert.match(plain.stderr, /^credence: unknown environment variable: CREDENCE_PROT$/m)

    const json = await runCredence(['serve', '--port', '99999', '--json'], { environment })
    assert.equal(json.code, 78)
    const { code, faults } = JSON.parse(json.stderr)
    assert.equal(code, 'bad_configuration')
    assert.equal(faults.length, 3)
  })

  it('contract: reads --config and CREDENCE_CONFIG, and refuses an unknown key and what is no YAML', async () => {
    const file = join(folder, 'credence.yaml')
    await writeFile(file, 'prot: 1\nmanagement_port: none\n')
    for (const [words, environment] of [
      [['serve', '--config', file], {}],
      [['serve'], { CREDENCE_CONFIG: file }],
    ] as const) {
      const { code, stderr } = await runCredence(words, { environment })
      assert.equal(code, 78)
      assert.match(stderr, /unknown key in the configuration file: "prot"/)
      assert.match(stderr, /management_port must be/)
    }
    await writeFile(file, 'master_key: canary0123456789\nport: [\n')
    const unreadable = await runCredence(['serve', '--config', file])
    assert.equal(unreadable.code, 78)
    assert.match(unreadable.stderr, /^credence: .*credence\.yaml: .* at line 3/)
    assert.ok(!unreadable.stderr.includes('canary'))
    const missing = await runCredence(['serve', '--config', join(folder, 'none.yaml')])
    assert.equal(missing.code, 78)
    assert.match(missing.stderr, /none\.yaml/)
  })

  it('A9: a bad secret is refused without being repeated', async () => {
    const canary = 'canary0123456789'
    for (const option of ['--master-key', '--database-url']) {
      const { code, stdout, stderr } = await runCredence(['serve', option, canary, '--data', join(folder, 'bad')])
      assert.equal(code, 78, option)
      assert.ok(!`${stdout}${stderr}`.includes(canary), option)
    }
  })

  it('a folder that is served already: exit code 78', async () => {
    const server = await startServe()
    const { code, stderr } = await runCredence([
      'serve',
      '--port',
      '0',
      '--management-port',
      '0',
      '--data',
      server.ready.data,
    ])
    assert.equal(code, 78)
    assert.match(stderr, /another credence serves this folder/)
    assert.equal(await server.stop(), 0)
  })
})
