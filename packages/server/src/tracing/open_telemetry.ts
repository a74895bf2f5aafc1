/** The spans themselves, through the OpenTelemetry API. Names and attributes by its semantic conventions for HTTP. */
import { OAuthError } from '@credence/protocol'
import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { version } from '../version.ts'
import type { Tracing } from './tracing.ts'

export const createOpenTelemetryTracing = (): Tracing => {
  const tracer = trace.getTracer('@credence/server', version)
  return {
    endpoint: (path, endpoint) => (request) => {
      const { activity, headers } = request
      // a span that the SDK has made for the listener already is the parent; else the caller's, if it named one
      const active = context.active()
      const parent = trace.getSpan(active) === undefined ? propagation.extract(active, headers) : active
      const attributes = { 'http.request.method': 'POST', 'http.route': path, 'url.path': path }
      return tracer.startActiveSpan(`POST ${path}`, { kind: SpanKind.SERVER, attributes }, parent, (span) => {
        activity.trace = span.spanContext()
        return endWith(span, endpoint(request), (answered, error) => {
          span.setAttribute('http.response.status_code', answered?.status ?? statusOf(error))
          if (activity.clientAuthMethod !== undefined)
            span.setAttribute('oauth.client_auth_method', activity.clientAuthMethod)
        })
      })
    },
    step:
      (name, step, describe) =>
      (...given) =>
        tracer.startActiveSpan(name, (span) =>
          endWith(span, (async () => step(...given))(), (result) => {
            if (describe !== undefined && result !== undefined) span.setAttributes({ ...describe(result) })
          }),
        ),
  }
}

/** Ends a span when the promise does. The code of a refusal is `error.type`; only what is our own fault makes the span a failed one. */
const endWith = <R>(
  span: Span,
  result: Promise<R>,
  describe: (value: R | undefined, error?: unknown) => void,
): Promise<R> => {
  const end = (value: R | undefined, error?: unknown) => {
    describe(value, error)
    span.end()
  }
  result.then(end, (error) => {
    span.setAttribute('error.type', error instanceof OAuthError ? error.code : 'server_error')
    if (statusOf(error) >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
    end(undefined, error)
  })
  return result
}

const statusOf = (error: unknown): number => (error instanceof OAuthError ? error.status : 500)
