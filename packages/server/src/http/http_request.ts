/** A request and a response as plain values, so that endpoints know nothing of the framework in front of them. RFC 9110. */
import type { IncomingHttpHeaders } from 'node:http'

export interface HttpRequest {
  readonly headers: IncomingHttpHeaders
  /** Names and values in turn, as they came: the only place where a header that came twice shows. */
  readonly rawHeaders: readonly string[]
  /** What follows `?` in the request target; empty when nothing does. */
  readonly query: string
  /** The body as text; empty when there is none. */
  readonly body: string
  readonly remoteAddress: string
}

export interface HttpResponse {
  readonly status: number
  /** Names and values in turn, the form that node:http takes without further work. */
  readonly headers: readonly string[]
  readonly body: string
}
