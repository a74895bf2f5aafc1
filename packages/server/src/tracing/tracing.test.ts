import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OAuthError } from '@credence/protocol'
import type { HttpRequest } from '../http/http_request.ts'
import { createRequestActivity } from '../http/request_activity.ts'
import { registerRecordingSdk } from './testing/recording_sdk.ts'
import { createTracing } from './tracing.ts'

const requestWith = (headers: HttpRequest['headers']): HttpRequest => ({
  headers,
  rawHeaders: [],
  query: '',
  body: '',
  certificate: undefined,
  remoteAddress: '127.0.0.1',
  activity: createRequestActivity({ startedAtMs: 0, headers, randomness: { bytes: (n) => new Uint8Array(n) } }),
})
const path = '/oauth/token'
const answer = { status: 200, headers: [], body: '' }

test('tracing: without an SDK every function is the one that it was, and costs what it cost', async () => {
  const tracing = await createTracing()
  const endpoint = async () => answer
  const step = async (text: string) => text
  assert.equal(tracing.endpoint(path, endpoint), endpoint)
  assert.equal(tracing.step('x', step), step)
})

test('tracing: with an SDK a request is a span in its caller’s trace, its steps are spans below it, and its log has its ids', async () => {
  const spans = registerRecordingSdk()
  const tracing = await createTracing()
  const first = tracing.step(
    'first',
    async (client: string) => ({ client }),
    ({ client }) => ({ 'oauth.client_id': client }),
  )
  const refusing = tracing.step('second', async () => Promise.reject(new OAuthError('invalid_scope', 'no')))
  const failing = tracing.step('third', async () => Promise.reject(new Error('broken')))

  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const request = requestWith({ traceparent: `00-${traceId}-00f067aa0ba902b7-01` })
  const endpoint = tracing.endpoint(path, async () => {
    await first('job')
    await assert.rejects(failing(), /broken/)
    await refusing()
    return answer
  })
  await assert.rejects(endpoint(request), OAuthError)
  await tracing.endpoint(path, async () => answer)(requestWith({}))

  const [server, one, third, two, other] = spans
  assert.deepEqual(
    spans.map(({ name, ended }) => [name, ended]),
    [`POST ${path}`, 'first', 'third', 'second', `POST ${path}`].map((name) => [name, true]),
  )
  assert.equal(server?.parent?.spanId, '00f067aa0ba902b7')
  for (const step of [one, two, third]) assert.equal(step?.parent?.spanId, '1'.padStart(16, '0'))
  assert.equal(other?.parent, undefined)
  assert.deepEqual(request.activity.ids, { request_id: traceId, trace_id: traceId, span_id: '1'.padStart(16, '0') })
  assert.deepEqual(server?.attributes, {
    'http.request.method': 'POST',
    'http.route': path,
    'url.path': path,
    'http.response.status_code': 400,
    'error.type': 'invalid_scope',
  })
  assert.deepEqual(one?.attributes, { 'oauth.client_id': 'job' })
  assert.deepEqual(two?.attributes, { 'error.type': 'invalid_scope' })
  // a refusal is the server doing what it should
  assert.deepEqual(
    spans.map(({ failed }) => failed),
    [false, false, true, false, false],
  )
})
