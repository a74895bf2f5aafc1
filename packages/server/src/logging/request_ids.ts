/** What tells the log lines of one request from those of another, and finds them again from the caller's side. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Randomness } from '@credence/protocol'
import { parseTraceContext, type TraceContext } from './trace_context.ts'

/** As they stand in a log line. */
export interface RequestIds {
  readonly request_id: string
  readonly trace_id?: string
  readonly span_id?: string
}

/** The header that brings an id and takes one back. */
export const requestIdHeader = 'x-request-id'

/** Nothing that could break a line or a query; too short for a client secret or a token that was put here by mistake. */
const wellFormed = /^[A-Za-z0-9._:=+/-]{1,64}$/

/**
 * The ids of a request: the caller's `X-Request-Id` when it is well formed, else the trace it belongs to, else a new one.
 *
 * Does not check: that nobody has used the id before. It is for finding, never for proving: a caller picks it.
 */
export const requestIdsOf = (
  headers: IncomingHttpHeaders,
  randomness: Randomness,
  trace: TraceContext | undefined = parseTraceContext(headers),
): RequestIds => {
  const given = headers[requestIdHeader]
  const known = typeof given === 'string' && wellFormed.test(given) ? given : trace?.traceId
  return {
    request_id: known ?? Buffer.from(randomness.bytes(16)).toString('hex'),
    ...(trace !== undefined && { trace_id: trace.traceId, span_id: trace.spanId }),
  }
}
