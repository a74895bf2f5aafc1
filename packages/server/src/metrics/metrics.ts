/** The metrics as Prometheus reads them. Parts of the server say where their values are; nothing is computed before a scrape. */
import type { Metric, Registry } from 'prom-client'
import { catalogue, type Labels, type MetricDescription, type MetricName } from './catalogue.ts'
import type { HistogramCounts } from './histogram.ts'

type Value<Name extends MetricName> = (typeof catalogue)[Name]['type'] extends 'histogram' ? HistogramCounts : number

export interface Sample<Name extends MetricName> {
  readonly labels: Labels<Name>
  readonly value: Value<Name>
}

type Samples<Name extends MetricName> = readonly Sample<Name>[]

export interface Metrics {
  /**
   * Says where the values of a metric are.
   *
   * To add a metric: a row in catalogue.ts, and this call where the values are.
   *
   * @param read called at every scrape; a counter's values never fall. One that throws leaves its metric without values.
   * @throws when the metric has been registered already
   */
  register<Name extends MetricName>(name: Name, read: () => Samples<Name> | Promise<Samples<Name>>): void
  /** The names of what has been registered. */
  readonly registered: ReadonlySet<MetricName>
  /** All metrics in the Prometheus text format. */
  expose(): Promise<{ readonly contentType: string; readonly text: string }>
}

/** The event loop's delay is sampled this often; every 10 ms, as the library does by itself, would keep a server at rest awake. */
const eventLoopPrecisionMs = 50

/** Of the library's own: gauges under the names of counters, which a linter of metrics refuses. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

type AnySample = { readonly labels: Readonly<Record<string, string>>; readonly value: number | HistogramCounts }
type Read = () => readonly AnySample[] | Promise<readonly AnySample[]>

/** @param onError is told when the values of a metric could not be read */
export const createMetrics = (onError: (error: unknown) => void): Metrics => {
  const reads = new Map<MetricName, Read>()
  let registry: Promise<Registry> | undefined
  return {
    register(name, read) {
      if (reads.has(name)) throw new Error(`${name} is registered already`)
      reads.set(name, read)
    },
    get registered() {
      return new Set(reads.keys())
    },
    async expose() {
      registry ??= createRegistry(reads, onError)
      const loaded = await registry
      return { contentType: loaded.contentType, text: await loaded.metrics() }
    },
  }
}

/** Loaded at the first scrape: it is a tenth of what a server at rest holds, and who does not scrape needs none of it. */
const createRegistry = async (
  reads: ReadonlyMap<MetricName, Read>,
  onError: (error: unknown) => void,
): Promise<Registry> => {
  const { collectDefaultMetrics, Registry } = await import('prom-client')
  const registry = new Registry()
  for (const [name, read] of reads) registry.registerMetric(toMetric(name, read, onError))
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: eventLoopPrecisionMs })
  for (const name of misnamed) registry.removeSingleMetric(name)
  return registry
}

/** A registry asks of a metric its name and `get`, nothing of what the library's own classes keep and count. */
const toMetric = (name: MetricName, read: Read, onError: (error: unknown) => void): Metric => {
  const { type, help, buckets = [] }: MetricDescription = catalogue[name]
  const readValues = async () => {
    try {
      return (await read()).flatMap((sample) => toValues(name, sample, buckets))
    } catch (error) {
      onError(error)
      return []
    }
  }
  const get = async () => ({ name, help, type, aggregator: 'sum', values: await readValues() })
  return { name, get } as unknown as Metric
}

/** A histogram is cumulative on the wire: each bucket counts what is at most its bound, the last one everything. */
const toValues = (name: MetricName, { labels, value }: AnySample, bounds: readonly number[]) => {
  if (typeof value === 'number') return [{ labels, value }]
  let count = 0
  const buckets = [...value.perBucket].map((inBucket, index) => {
    count += inBucket
    return { metricName: `${name}_bucket`, labels: { ...labels, le: `${bounds[index] ?? '+Inf'}` }, value: count }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: value.sum },
    { metricName: `${name}_count`, labels, value: count },
  ]
}
