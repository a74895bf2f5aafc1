import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { runCredence } from '../testing/run_credence.ts'
import { createFolder } from '../testing/start_serve.ts'

/** A server on the socket that answers whatever a test wants it to. */
describe('what a server may answer', () => {
  let folder: string
  let server: Server
  let asked: string[]
  let answer: (path: string) => { status?: number; type?: string; body: string }
  before(async () => {
    folder = await createFolder()
    server = createServer((request, response) => {
      asked.push(request.url ?? '')
      const { status = 200, type = 'application/json', body } = answer(request.url ?? '')
      response.writeHead(status, { 'content-type': type }).end(body)
    })
    await once(server.listen(join(folder, 'credence.sock')), 'listening')
  })
  after(async () => {
    server.close()
    await rm(folder, { recursive: true, force: true })
  })

  const run = (words: readonly string[]) => {
    asked = []
    return runCredence([...words, '--data', folder])
  }

  it('every page of a list is read', async () => {
    const pages: Record<string, object> = {
      '/admin/v1/clients?limit=500': { items: [{ client_id: 'a', disabled: false }], next_cursor: 'x1' },
      '/admin/v1/clients?limit=500&cursor=x1': { items: [{ client_id: 'b', disabled: false }], next_cursor: 'x2' },
      '/admin/v1/clients?limit=500&cursor=x2': { items: [{ client_id: 'c', disabled: true }] },
    }
    answer = (path) => ({ body: JSON.stringify(pages[path]) })
    const { stdout } = await run(['client', 'list', '--json'])
    assert.deepEqual(
      JSON.parse(stdout).items.map((client: { client_id: string }) => client.client_id),
      ['a', 'b', 'c'],
    )
    assert.deepEqual(asked, Object.keys(pages))
  })

  it('A12: control characters and direction marks never reach the terminal raw', async () => {
    const hostile = 'a\u001b[31m\r\n\u0007b\u009b\u202ec\u2028'
    const client = { client_id: 'a', client_name: hostile, disabled: false, client_id_issued_at: 1 }
    answer = (path) => ({
      body: JSON.stringify(
        path.includes('grants')
          ? { items: [{ audience: hostile, scopes: [hostile] }] }
          : path.includes('?')
            ? { items: [client] }
            : client,
      ),
    })
    for (const words of [
      ['client', 'list'],
      ['client', 'show', 'a'],
      ['grant', 'list', 'a'],
    ]) {
      const { code, stdout } = await run(words)
      assert.equal(code, 0)
      assert.doesNotMatch(stdout.replaceAll('\n', ''), /[\p{Cc}\u2028\u202e]/u)
      assert.ok(stdout.includes('a\\u001b[31m\\u000d\\u000a\\u0007b\\u009b\\u202ec\\u2028'))
    }
    answer = () => ({ status: 404, body: JSON.stringify({ code: 'not_found', detail: hostile }) })
    const { stderr } = await run(['client', 'show', 'a'])
    assert.equal(stderr, 'credence: a\\u001b[31m\\u000d\\u000a\\u0007b\\u009b\\u202ec\\u2028\n')
  })

  it('an id in a path is encoded', async () => {
    answer = () => ({ body: '{}' })
    await run(['client', 'delete', '../a?b#c'])
    assert.deepEqual(asked, ['/admin/v1/clients/..%2Fa%3Fb%23c'])
  })

  it('what is no answer of a management API is called so', async () => {
    for (const wrong of [
      { status: 502, type: 'text/html', body: '<h1>Bad gateway</h1>' },
      { status: 404, body: '{}' },
    ]) {
      answer = () => wrong
      const { code, stderr } = await run(['client', 'list', '--json'])
      assert.equal(code, 1)
      assert.equal(JSON.parse(stderr).code, 'unexpected_answer')
    }
  })
})
