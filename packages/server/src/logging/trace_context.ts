/** The trace that a request says it is part of. W3C Trace Context §3.2. */
import type { IncomingHttpHeaders } from 'node:http'

export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** The caller's span, or ours once there is one: 16 hexadecimal digits. */
  readonly spanId: string
}

const version00 = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/
/** §4.3: of a higher version, as much is read as version 00 has. */
const laterVersion = /^(?!00|ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?$/

/** Reads `traceparent`. Undefined when there is none, or none that is well formed: "the traceparent MUST be ignored". */
export const parseTraceContext = ({ traceparent }: IncomingHttpHeaders): TraceContext | undefined => {
  if (typeof traceparent !== 'string' || traceparent.length > 512) return undefined
  const [, traceId, spanId] = version00.exec(traceparent) ?? laterVersion.exec(traceparent) ?? []
  // §3.2.2.3, §3.2.2.4: "All bytes as zero is considered an invalid value."
  if (traceId === undefined || spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId }
}
