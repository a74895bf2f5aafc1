/** Spans for the steps of a token request, where an OpenTelemetry SDK has been loaded before the server; else nothing at all. */
import type { HttpRequest, HttpResponse } from '../http/http_request.ts'

export type Attributes = Readonly<Record<string, string | number>>

/** Wraps functions so that each call is a span. Without an SDK it returns the very functions that it was given. */
export interface Tracing {
  /** The span of a whole request, part of the trace that its `traceparent` names. */
  endpoint(path: string, endpoint: TracedEndpoint): TracedEndpoint
  /** The span of one step. @param describe attributes by what the step brought */
  step<Given extends readonly unknown[], R>(
    name: string,
    step: (...given: Given) => R | Promise<R>,
    describe?: (result: R) => Attributes,
  ): (...given: Given) => R | Promise<R>
}

export type TracedEndpoint = (request: HttpRequest) => Promise<HttpResponse>

const untraced: Tracing = { endpoint: (_path, endpoint) => endpoint, step: (_name, step) => step }

/** Where the OpenTelemetry API keeps what an SDK has registered with it, the same for every copy of the API of version 1. */
const registered = Symbol.for('opentelemetry.js.api.1')

/** Loads the OpenTelemetry API when an SDK is there: `node --import ./otel.js …`. */
export const createTracing = async (): Promise<Tracing> => {
  if (!(registered in globalThis)) return untraced
  const { createOpenTelemetryTracing } = await import('./open_telemetry.ts')
  return createOpenTelemetryTracing()
}
