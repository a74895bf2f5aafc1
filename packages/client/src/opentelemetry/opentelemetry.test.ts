import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { sealedCache } from '../shared_cache/sealed_cache.ts'
import { startAuthorizationServer, tokenBody } from '../testing/fake_server.ts'
import { createMemoryStore } from '../testing/memory_store.ts'
import { createTokenManager } from '../token_manager.ts'
import { createEventMetrics, metricNames, observeTokenManager } from './opentelemetry.ts'

describe('@credence/client/opentelemetry', () => {
  it('the real SDK collects every metric, with few attributes and nothing secret', async () => {
    await using server = await startAuthorizationServer((_received, count) =>
      count === 1 ? { body: tokenBody('canary-token') } : { status: 500, body: 'canary' },
    )
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
    const meter = new MeterProvider({ readers: [reader] }).getMeter('test')
    const tokens = createTokenManager({
      issuer: server.url,
      clientId: 'job',
      clientSecret: 'canary-secret',
      breaker: { failures: 1 },
      sharedCache: sealedCache({ store: createMemoryStore().store, keys: [new Uint8Array(32)] }),
      onEvent: createEventMetrics(meter),
    })
    observeTokenManager(meter, tokens)
    await tokens.getToken()
    await tokens.getToken()
    await assert.rejects(tokens.getToken({ scope: 'other' }))
    await reader.forceFlush()
    const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
    await reader.shutdown()

    const found = new Map(metrics.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]))
    const expected = Object.keys(metricNames).filter((name) => name !== 'credence.client.secret.age')
    assert.deepEqual([...found.keys()].sort(), expected.sort())
    const values = (name: keyof typeof metricNames, attribute: string) =>
      Object.fromEntries((found.get(name) ?? []).map(({ attributes, value }) => [attributes[attribute], value]))
    assert.deepEqual(values('credence.client.cache.lookups', 'result'), { hit: 1, miss: 2 })
    assert.deepEqual(values('credence.client.shared_cache.lookups', 'result'), { miss: 2 })
    assert.deepEqual(values('credence.client.renewals', 'result'), { ok: 1, server_error: 1 })
    assert.deepEqual(values('credence.client.breaker.changes', 'state'), { open: 1 })
    assert.deepEqual(values('credence.client.breaker.state', 'client_id'), { job: 2 })
    assert.deepEqual(values('credence.client.tokens', 'issuer'), { [server.url]: 1 })
    const durations = (found.get('credence.client.request.duration') ?? []).map(
      ({ attributes, value }) =>
        `${attributes.kind} ${attributes.result} ${typeof value === 'object' && 'count' in value ? value.count : '-'}`,
    )
    assert.deepEqual(durations.sort(), ['metadata 200 1', 'token 200 1', 'token 500 1'])
    assert.ok(!inspect(metrics, { depth: null }).includes('canary'))
  })
})
