/** What becomes known of a request while it is answered. For those who watch (metrics, log, traces); nothing is decided by it. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Randomness } from '@credence/protocol'
import { type RequestIds, requestIdsOf } from '../logging/request_ids.ts'
import type { TraceContext } from '../logging/trace_context.ts'

export interface RequestActivity {
  readonly startedAtMs: number
  /** The endpoint's path; `none` when there is none such. */
  endpoint: string
  /** As the request named it, so anything at all. Undefined until it has been read. */
  grantType: string | undefined
  clientAuthMethod: string | undefined
  /** Our own span, when this request is traced. */
  trace: TraceContext | undefined
  /** Made when first asked for: most requests are never written of. */
  readonly ids: RequestIds
}

interface RequestActivityOptions {
  readonly startedAtMs: number
  readonly headers: IncomingHttpHeaders
  readonly randomness: Randomness
}

/** Notes what a token request asks for and how it authenticates. */
export const noteAsked = (
  activity: RequestActivity,
  { grantType, credentials }: { readonly grantType: string; readonly credentials: { readonly method: string } },
): void => {
  activity.grantType = grantType
  activity.clientAuthMethod = credentials.method
}

export const createRequestActivity = (options: RequestActivityOptions): RequestActivity => new Activity(options)

/** A class, since there is one for every request: its getter costs nothing until it is used. */
class Activity implements RequestActivity {
  readonly startedAtMs: number
  endpoint = 'none'
  grantType: string | undefined = undefined
  clientAuthMethod: string | undefined = undefined
  trace: TraceContext | undefined = undefined
  readonly #options: RequestActivityOptions
  #ids: RequestIds | undefined

  constructor(options: RequestActivityOptions) {
    this.startedAtMs = options.startedAtMs
    this.#options = options
  }

  get ids(): RequestIds {
    this.#ids ??= requestIdsOf(this.#options.headers, this.#options.randomness, this.trace)
    return this.#ids
  }
}
