import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OAuthError } from '@credence/protocol'
import { pino } from 'pino'
import { publicPaths } from '../endpoints/metadata.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { createRequestActivity } from './request_activity.ts'
import { createRequestObserver } from './request_observer.ts'

const observeAll = async (level: string) => {
  const written: string[] = []
  const logger = pino({ level }, { write: (line: string) => written.push(line) })
  const metrics = createMetrics((error) => assert.fail(String(error)))
  let now = 0
  const clock = { epochSeconds: () => 0, monotonicMs: () => now }
  const observe = createRequestObserver({ metrics, grantTypes: [], clock, logger })
  const observed = (endpoint: string, status: number, error?: unknown) => {
    const randomness = { bytes: (length: number) => new Uint8Array(length) }
    const activity = createRequestActivity({ startedAtMs: now, headers: {}, randomness })
    activity.endpoint = endpoint
    now += 2
    observe(activity, status, error)
  }
  observed(publicPaths.token, 200)
  observed(publicPaths.token, 429, new OAuthError('temporarily_unavailable', 'slower', { status: 429 }))
  observed(publicPaths.token, 503, new OAuthError('temporarily_unavailable', 'away'))
  observed(publicPaths.token, 500, new Error('broken'))
  observed(publicPaths.jwks, 200)
  return { written, text: (await metrics.expose()).text }
}

test('RFC 6585 §4: a 429 is the client’s doing and is counted apart from what the server cannot do', async () => {
  const { text } = await observeAll('silent')
  const results = [...text.matchAll(/^credence_token_requests_total\{.*result="(\w+)"\} (\d+)$/gm)].map(
    ([, ...found]) => found,
  )
  assert.deepEqual(results, [
    ['issued', '1'],
    ['too_many_requests', '1'],
    ['temporarily_unavailable', '1'],
    ['server_error', '1'],
  ])
  assert.match(text, /^credence_token_request_duration_seconds_sum\{.*result="issued"\} 0\.002$/m)
  assert.match(
    text,
    new RegExp(`^credence_http_requests_total\\{endpoint="${publicPaths.jwks}",status="200"\\} 1$`, 'm'),
  )
})

test('log: every request is a line at debug, and none is at info', async () => {
  assert.equal((await observeAll('info')).written.length, 0)
  const lines = (await observeAll('debug')).written.map((line) => JSON.parse(line))
  assert.deepEqual(
    lines.map(({ endpoint, status, error }) => [endpoint, status, error]),
    [
      [publicPaths.token, 200, undefined],
      [publicPaths.token, 429, 'temporarily_unavailable'],
      [publicPaths.token, 503, 'temporarily_unavailable'],
      [publicPaths.token, 500, 'server_error'],
      [publicPaths.jwks, 200, undefined],
    ],
  )
  for (const { request_id, duration_seconds } of lines) {
    assert.equal(request_id, '0'.repeat(32))
    assert.equal(duration_seconds, 0.002)
  }
})
