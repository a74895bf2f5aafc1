/** The examples of APIs, one per framework, each as a reader runs it: with a token that Credence issued, without, and with too little. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { type RunningCredence, startCredence } from '../support/credence.ts'
import { getToken } from '../support/token.ts'

const folder = join(import.meta.dirname, '../../examples/protected_apis')
const audience = 'https://orders.example.com'

const children: ChildProcess[] = []
after(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** Starts an example on a free port, and waits for the line it prints when it is ready. */
const start = async (name: string, issuer: string): Promise<{ origin: string; child: ChildProcess }> => {
  const child = spawn(process.execPath, ['--conditions=@credence/source', join(folder, `${name}.ts`)], {
    env: { ...process.env, CREDENCE_ISSUER: issuer, ORDERS_AUDIENCE: audience, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  for await (const line of createInterface(child.stdout)) {
    const [, origin] = /^ready: (http:\/\/127\.0\.0\.1:\d+)$/.exec(line) ?? []
    if (origin !== undefined) return { origin, child }
  }
  throw new Error(`${name} ended before it was ready`)
}

describe('examples/protected_apis', () => {
  let credence: RunningCredence
  let authorization: string

  before(async () => {
    credence = await startCredence()
    await credence.createApi({ audience, scopes: ['jobs:read', 'jobs:write'] })
    const client = await credence.createClient({
      client_id: 'report-job',
      grants: [{ audience, scopes: ['jobs:read'] }],
    })
    authorization = `Bearer ${await getToken(credence, client)}`
  })

  after(async () => {
    await credence.dispose()
  })

  for (const name of ['node_http', 'express', 'fastify', 'hono', 'koa', 'nest', 'web']) {
    it(`${name}.ts: 200, 401, 403, the metadata document, and an end on SIGTERM`, async () => {
      const { origin, child } = await start(name, credence.issuer)
      const read = await fetch(`${origin}/jobs`, { headers: { authorization } })
      assert.equal(read.status, 200)
      assert.deepEqual(await read.json(), { jobs: ['ship parcels'], readBy: 'report-job' })

      const nobody = await fetch(`${origin}/jobs`)
      assert.equal(nobody.status, 401)
      const metadataUrl = `${audience}/.well-known/oauth-protected-resource`
      assert.equal(
        nobody.headers.get('www-authenticate'),
        `Bearer realm="${audience}", resource_metadata="${metadataUrl}"`,
      )

      const tooLittle = await fetch(`${origin}/jobs`, { method: 'POST', headers: { authorization } })
      assert.equal(tooLittle.status, 403)
      assert.match(tooLittle.headers.get('www-authenticate') ?? '', /error="insufficient_scope".*scope="jobs:write"/)

      const metadata = await fetch(`${origin}/.well-known/oauth-protected-resource`)
      assert.equal(metadata.status, 200)
      assert.deepEqual(await metadata.json(), {
        resource: audience,
        authorization_servers: [credence.issuer],
        bearer_methods_supported: ['header'],
        scopes_supported: ['jobs:read', 'jobs:write'],
      })

      assert.equal((await fetch(`${origin}/nothing`)).status, 404)
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      const [code, signal] = await ended
      assert.ok(code === 0 || signal === 'SIGTERM', `${code} ${signal}`)
    })
  }
})
