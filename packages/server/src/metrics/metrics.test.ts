import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, OAuthError } from '@credence/protocol'
import { type Storage, StoreError } from '@credence/storage'
import { createHistogram } from './histogram.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { observeStorage } from './observed_storage.ts'
import { createTokenRequestRecorder } from './token_requests.ts'

const noErrors = (error: unknown) => assert.fail(String(error))
const linesOf = async (metrics: Metrics, name: string) =>
  (await metrics.expose()).text.split('\n').filter((line) => line.startsWith(name))

test('Prometheus exposition format: a histogram is cumulative, its bounds are inclusive, and +Inf, sum and count agree', async () => {
  const metrics = createMetrics(noErrors)
  const histogram = createHistogram([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048])
  for (const value of [1, 2, 2, 3, 5000]) histogram.observe(value)
  metrics.register('credence_signing_turn_signatures', () => [{ labels: {}, value: histogram.counts }])
  const lines = await linesOf(metrics, 'credence_signing_turn_signatures')
  assert.deepEqual(lines.slice(0, 4), [
    'credence_signing_turn_signatures_bucket{le="1"} 1',
    'credence_signing_turn_signatures_bucket{le="2"} 3',
    'credence_signing_turn_signatures_bucket{le="4"} 4',
    'credence_signing_turn_signatures_bucket{le="8"} 4',
  ])
  assert.deepEqual(lines.slice(-3), [
    'credence_signing_turn_signatures_bucket{le="+Inf"} 5',
    'credence_signing_turn_signatures_sum 5008',
    'credence_signing_turn_signatures_count 5',
  ])
})

test('Prometheus exposition format: help and type are there before there is a value, and a label value is escaped', async () => {
  const metrics = createMetrics(noErrors)
  metrics.register('credence_http_requests_total', () => [])
  metrics.register('credence_directory_entries', () => [{ labels: { kind: 'a"b\\c\nd' }, value: 1 }])
  const { text, contentType } = await metrics.expose()
  assert.match(text, /^# HELP credence_http_requests_total .+\n# TYPE credence_http_requests_total counter$/m)
  assert.match(text, /^credence_directory_entries\{kind="a\\"b\\\\c\\nd"\} 1$/m)
  assert.match(contentType, /^text\/plain; version=0\.0\.4/)
})

test('metrics: one that cannot be read is told of, and takes no other with it', async () => {
  const errors: unknown[] = []
  const metrics = createMetrics((error) => errors.push(error))
  metrics.register('credence_directory_entries', () => Promise.reject(new Error('away')))
  metrics.register('credence_signing_queue_depth', () => [{ labels: {}, value: 7 }])
  assert.deepEqual(await linesOf(metrics, 'credence_'), ['credence_signing_queue_depth 7'])
  assert.match(String(errors[0]), /away/)
  assert.throws(() => metrics.register('credence_signing_queue_depth', () => []), /registered already/)
})

test('metrics: token requests by grant type, method and result; what callers think of is never a label', async () => {
  const metrics = createMetrics(noErrors)
  const recorder = createTokenRequestRecorder(['client_credentials'])
  recorder.register(metrics)
  const basic = { grantType: 'client_credentials', clientAuthMethod: 'client_secret_basic' }
  recorder.record(basic, 'issued', 0.0004)
  recorder.record({ ...basic, clientAuthMethod: 'client_secret_post' }, 'issued', 0.002)
  recorder.record({ ...basic, grantType: 'x"\n' }, 'unsupported_grant_type', 0.001)
  recorder.record({ grantType: undefined, clientAuthMethod: undefined }, 'invalid_request', 0.001)
  assert.deepEqual(await linesOf(metrics, 'credence_token_requests_total'), [
    'credence_token_requests_total{grant_type="client_credentials",client_auth_method="client_secret_basic",result="issued"} 1',
    'credence_token_requests_total{grant_type="other",client_auth_method="client_secret_basic",result="unsupported_grant_type"} 1',
    'credence_token_requests_total{grant_type="client_credentials",client_auth_method="client_secret_post",result="issued"} 1',
    'credence_token_requests_total{grant_type="none",client_auth_method="none",result="invalid_request"} 1',
  ])
  const durations = await linesOf(metrics, 'credence_token_request_duration_seconds')
  const of = 'grant_type="client_credentials",result="issued"'
  assert.ok(durations.includes(`credence_token_request_duration_seconds_bucket{${of},le="0.0005"} 1`))
  assert.ok(durations.includes(`credence_token_request_duration_seconds_bucket{${of},le="0.0025"} 2`))
  assert.ok(durations.includes(`credence_token_request_duration_seconds_count{${of}} 2`))
})

test('metrics: the store is timed part by part, and its errors are counted, but not what a transaction refuses', async () => {
  let now = 0
  const clock: Clock = { epochSeconds: () => 0, monotonicMs: () => now }
  const metrics = createMetrics(noErrors)
  const stored = {
    dialect: 'sqlite',
    signingKeys: {
      list: async () => {
        now += 30
        return []
      },
    },
    apis: { find: async () => Promise.reject(new StoreError('unavailable', 'down')) },
    transaction: async (work: () => Promise<unknown>) => work(),
    close: async () => {},
  }
  const storage = observeStorage(stored as unknown as Storage, clock, metrics)
  assert.deepEqual(await storage.signingKeys.list(), [])
  await assert.rejects(storage.apis.find('x'), /down/)
  await assert.rejects(
    storage.transaction(async () => Promise.reject(new OAuthError('invalid_request', 'no'))),
    /no/,
  )
  assert.equal(storage.dialect, 'sqlite')
  assert.deepEqual(await linesOf(metrics, 'credence_store_errors_total'), [
    'credence_store_errors_total{store="apis",code="unavailable"} 1',
  ])
  const durations = await linesOf(metrics, 'credence_store_operation_duration_seconds')
  assert.ok(durations.includes('credence_store_operation_duration_seconds_sum{store="signing_keys"} 0.03'))
  assert.ok(durations.includes('credence_store_operation_duration_seconds_count{store="apis"} 1'))
  assert.ok(durations.includes('credence_store_operation_duration_seconds_count{store="transaction"} 1'))
})
