/** A request and a response as plain values, so that endpoints know nothing of the framework in front of them. RFC 9110. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Writable } from 'node:stream'
import type { RequestActivity } from './request_activity.ts'

/** What the client's end of the connection has proven to hold. RFC 8705 §2. */
export interface ClientCertificate {
  /** DER. */
  readonly raw: Uint8Array
  /** Whether its chain leads to a certificate authority that an operator trusts. */
  readonly isTrusted: boolean
}

export interface HttpRequest {
  readonly headers: IncomingHttpHeaders
  /** Names and values in turn, as they came: the only place where a header that came twice shows. */
  readonly rawHeaders: readonly string[]
  /** What follows `?` in the request target; empty when nothing does. */
  readonly query: string
  /** The body as text; empty when there is none. */
  readonly body: string
  readonly remoteAddress: string
  /** Undefined: none was sent, or it came from a hop that nobody trusts. */
  readonly certificate: ClientCertificate | undefined
  /** For those who watch. An endpoint says here what it has learnt, and reads nothing from it. */
  readonly activity: RequestActivity
}

export interface HttpResponse {
  readonly status: number
  /** Names and values in turn, the form that node:http takes without further work. */
  readonly headers: readonly string[]
  readonly body: string
}

/** An answer that goes on: the headers at once, and the rest as it comes. */
export interface StreamingResponse {
  readonly status: number
  readonly headers: readonly string[]
  /** Called once the headers are written. */
  readonly start: (sink: Writable) => void
}
