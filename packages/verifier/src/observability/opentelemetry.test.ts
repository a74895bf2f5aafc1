import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { describe, it } from 'node:test'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { revocationChannel } from '../revocation/feed_events.ts'
import { createTestServer, issuer, resource } from '../testing/test_issuer.ts'
import { instrumentVerifier } from './opentelemetry.ts'

const createTestMeter = () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2_000_000 })
  const provider = new MeterProvider({ readers: [reader] })
  return {
    meter: provider.getMeter('@credence/verifier'),
    /** How often each metric was recorded, by its attributes. */
    read: async () => {
      await reader.forceFlush()
      const metrics = exporter.getMetrics().at(-1)?.scopeMetrics[0]?.metrics ?? []
      return metrics.map(({ descriptor: { name, unit }, dataPoints }) => ({
        name,
        unit,
        points: dataPoints.map(({ attributes, value }) => ({
          ...attributes,
          count: typeof value === 'number' ? value : value.count,
        })),
      }))
    },
    close: () => provider.shutdown(),
  }
}

describe('instrumentVerifier', () => {
  it('records verifications, key fetches and feeds with the meter given, until it is stopped', async () => {
    const { meter, read, close } = createTestMeter()
    const instrumentation = instrumentVerifier({ meter })
    const { from, verify, network, clock } = await createTestServer()
    const token = await from.sign({ exp: from.claims.exp + 86_400 })
    await verify(token)
    await verify(token)
    await verify(token, { all: ['orders:write'] })
    await verify(await from.sign({ iss: 'https://attacker.example.com' }))
    const custom = () => {
      throw new Error('no database')
    }
    await assert.rejects(verify(token, { custom }))
    network.clear()
    clock.advance(3600)
    await verify(token)
    await new Promise(setImmediate)
    channel(revocationChannel).publish({ issuer, state: 'away' })
    instrumentation.stop()
    await verify(token)
    const [verifications, keyFetches, feedChanges] = await read()
    const known = { 'oauth.audience': resource, 'oauth.issuer': issuer }
    assert.deepEqual(verifications, {
      name: 'credence.verifier.verification.duration',
      unit: 's',
      points: [
        { ...known, 'credence.token.cached': false, count: 2 },
        { ...known, 'credence.token.cached': true, count: 1 },
        { ...known, 'credence.token.cached': true, 'error.type': 'insufficient_scope', count: 1 },
        { 'oauth.audience': resource, 'credence.token.cached': false, 'error.type': 'wrong_issuer', count: 1 },
        { ...known, 'credence.token.cached': true, 'error.type': '_OTHER', count: 1 },
      ],
    })
    assert.deepEqual(keyFetches, {
      name: 'credence.verifier.key_fetch.duration',
      unit: 's',
      points: [
        { 'oauth.issuer': issuer, count: 1 },
        { 'oauth.issuer': issuer, 'error.type': 'keys_unavailable', count: 1 },
      ],
    })
    assert.deepEqual(feedChanges, {
      name: 'credence.verifier.revocation_feed.changes',
      unit: '{change}',
      points: [{ 'oauth.issuer': issuer, 'credence.feed.state': 'away', count: 1 }],
    })
    await close()
  })
})
