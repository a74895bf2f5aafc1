/** As little of an OpenTelemetry SDK as shows which spans there are. It registers itself as every SDK does. */
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { parseTraceContext } from '../../logging/trace_context.ts'

export interface RecordedSpan {
  readonly name: string
  readonly traceId: string
  readonly parent: SpanContext | undefined
  readonly attributes: Attributes
  failed: boolean
  ended: boolean
}

/** @param onEnd is told of each span when it ends */
export const registerRecordingSdk = (onEnd: (span: RecordedSpan) => void = () => {}): readonly RecordedSpan[] => {
  const spans: RecordedSpan[] = []
  const startSpan = (name: string, options: SpanOptions = {}, within: Context = context.active()): Span => {
    const parent = trace.getSpanContext(within)
    const spanContext = {
      traceId: parent?.traceId ?? '1'.repeat(32),
      spanId: String(spans.length + 1).padStart(16, '0'),
      traceFlags: 1,
    }
    const recorded: RecordedSpan = {
      name,
      traceId: spanContext.traceId,
      parent,
      attributes: { ...options.attributes },
      failed: false,
      ended: false,
    }
    spans.push(recorded)
    const span = {
      spanContext: () => spanContext,
      setAttribute: (key: string, value: string) => Object.assign(recorded.attributes, { [key]: value }),
      setAttributes: (added: Attributes) => Object.assign(recorded.attributes, added),
      setStatus: ({ code }: { code: SpanStatusCode }) => {
        recorded.failed = code === SpanStatusCode.ERROR
      },
      end: () => {
        recorded.ended = true
        onEnd(recorded)
      },
    }
    return span as unknown as Span
  }
  const startActiveSpan = (name: string, ...rest: unknown[]) => {
    const work = rest.pop() as (span: Span) => unknown
    const [options, within = context.active()] = rest as [SpanOptions?, Context?]
    const span = startSpan(name, options, within)
    return context.with(trace.setSpan(within, span), () => work(span))
  }
  const active = new AsyncLocalStorage<Context>()
  context.setGlobalContextManager({
    active: () => active.getStore() ?? ROOT_CONTEXT,
    with: (within, work, thisArg, ...args) => active.run(within, () => work.call(thisArg, ...args)),
    bind: (_within, target) => target,
    enable: () => context as never,
    disable: () => context as never,
  })
  propagation.setGlobalPropagator({
    inject: () => {},
    fields: () => ['traceparent'],
    extract: (within, carrier) => {
      const remote = parseTraceContext(carrier)
      return remote === undefined ? within : trace.setSpanContext(within, { ...remote, traceFlags: 1, isRemote: true })
    },
  })
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan }) as never })
  return spans
}
