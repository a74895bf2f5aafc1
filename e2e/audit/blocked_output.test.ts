import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeFolder, spawnCredence } from '../support/credence_process.ts'
import { sendHttp } from '../support/http.ts'

test('audit: a reader of standard output that stops reading holds up neither a change nor the end of the server', async () => {
  const folder = await makeFolder()
  after(folder.dispose)
  const flags = ['--port', '0', '--management-port', '0', '--data', folder.path, '--audit-sink', 'stdout']
  const { process: server } = spawnCredence(['serve', '--json', ...flags])
  if (server.stdout === null) throw new Error('no standard output')
  await once(server.stdout, 'data')
  server.stdout.pause()
  const path = '/admin/v1/apis'
  const headers = { 'content-type': 'application/json' }
  // several times what a pipe or a socket holds
  for (let index = 0; index < 100; index++) {
    const scopes = Array.from({ length: 250 }, (_, scope) => `scope-of-some-length-${index}-${scope}`)
    const body = JSON.stringify({ audience: `urn:${index}`, scopes })
    const socket = { socketPath: join(folder.path, 'credence.sock') }
    assert.equal((await sendHttp(socket, { method: 'POST', path, headers, body })).status, 201)
  }
  server.kill('SIGTERM')
  const [code] = await once(server, 'exit', { signal: AbortSignal.timeout(15_000) })
  server.stdout.resume()
  assert.equal(code, 0)
})
