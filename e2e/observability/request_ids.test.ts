import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { type HttpAnswer, sendHttp } from '../support/http.ts'
import { basic, callTokenEndpoint, getToken } from '../support/token.ts'

const credence = await startCredence({ args: ['--log-level', 'debug'] })
after(credence.dispose)
const audience = 'https://orders.example.com'
await credence.createApi({ audience, scopes: ['x'] })
const client = await credence.createClient({ client_id: 'job', grants: [{ audience, scopes: ['x'] }] })
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`
const made = /^[0-9a-f]{32}$/

const idOf = ({ headers }: HttpAnswer) => headers['x-request-id']
const ways: Readonly<Record<string, (headers: Record<string, string>) => Promise<HttpAnswer>>> = {
  'a refusal of the token endpoint': (headers) =>
    callTokenEndpoint(credence, {
      headers: { ...headers, authorization: basic('job', `${client.credential_id}_wrong`) },
    }),
  'a path that is none': (headers) => sendHttp(credence.public, { path: '/nowhere', headers }),
  'the management API': (headers) => sendHttp(credence.socket, { path: '/admin/v1/clients', headers }),
  'a refusal of the management API': (headers) => sendHttp(credence.management, { path: '/admin/v1/clients', headers }),
  'a path of the management API that is none': (headers) => sendHttp(credence.socket, { path: '/nowhere', headers }),
  'a path of the management API that cannot be read': (headers) => sendHttp(credence.socket, { path: '/%', headers }),
  health: (headers) => sendHttp(credence.management, { path: '/health/live', headers }),
}
for (const [title, call] of Object.entries(ways)) {
  test(`request id: ${title} takes the caller’s, its trace’s, or makes one, and never repeats a bad one`, async () => {
    assert.equal(idOf(await call({ 'x-request-id': 'job-17' })), 'job-17')
    assert.equal(idOf(await call({ traceparent })), traceId)
    const first = String(idOf(await call({})))
    assert.match(first, made)
    assert.notEqual(idOf(await call({})), first)
    for (const bad of ['x'.repeat(65), client.client_secret, 'a b', '<script>', 'é']) {
      const id = String(idOf(await call({ 'x-request-id': bad })))
      assert.match(id, made, bad)
    }
  })
}

test('request id: every log line of a request bears it, with its trace', async () => {
  await getToken(credence, client)
  const headers = { 'x-request-id': 'find-me', traceparent }
  await callTokenEndpoint(credence, { headers: { ...headers, authorization: basic('job', 'wrong') } })
  await sendHttp(credence.socket, { path: '/admin/v1/clients', headers })
  await credence.stop()
  const lines = credence
    .output()
    .split('\n')
    .filter((line) => line.includes('"msg"'))
    .map((line): Readonly<Record<string, unknown>> => JSON.parse(line))
  const ofRequests = lines.filter(({ msg }) => /request|authentication/.test(String(msg)))
  assert.ok(ofRequests.length > 40)
  for (const line of ofRequests) assert.ok(typeof line.request_id === 'string', JSON.stringify(line))
  const found = lines.filter(({ request_id }) => request_id === 'find-me')
  assert.deepEqual(
    found.map(({ level, msg }) => [level, msg]),
    [
      ['warn', 'client authentication failed'],
      ['debug', 'request'],
      ['debug', 'management request'],
    ],
  )
  for (const { trace_id, span_id, time } of found) {
    assert.deepEqual([trace_id, span_id], [traceId, '00f067aa0ba902b7'])
    assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/)
  }
})
