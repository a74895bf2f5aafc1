/** The part of an OpenTelemetry Meter that is used; one of @opentelemetry/api fits. */

export type Attributes = Record<string, string | number | boolean>

export interface MetricOptions {
  readonly description: string
  /** By the Unified Code for Units of Measure. */
  readonly unit: string
  readonly advice?: { readonly explicitBucketBoundaries: number[] }
}

export interface Meter {
  createHistogram(name: string, options: MetricOptions): { record(value: number, attributes?: Attributes): void }
  createCounter(name: string, options: MetricOptions): { add(value: number, attributes?: Attributes): void }
}
