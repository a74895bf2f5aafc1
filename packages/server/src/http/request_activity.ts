/** What becomes known of a request while it is answered. For those who watch (metrics, log, traces); nothing is decided by it. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Randomness } from '@credence/protocol'
import type { AuthenticatedClient } from '../client_auth/client_auth_method.ts'
import { type RequestIds, requestIdsOf } from '../logging/request_ids.ts'
import type { TraceContext } from '../logging/trace_context.ts'

export interface RequestActivity {
  readonly startedAtMs: number
  /** The endpoint's path; `none` when there is none such. */
  endpoint: string
  /** As the request named it, so anything at all. Undefined until it has been read. */
  grantType: string | undefined
  clientAuthMethod: string | undefined
  /** Of a token request, where it came from and who asks, the latter once it has been proven. */
  remoteAddress: string | undefined
  client: AuthenticatedClient | undefined
  /** Our own span, when this request is traced. */
  trace: TraceContext | undefined
  /** Made when first asked for: most requests are never written of. */
  readonly ids: RequestIds
}

/** Notes who asks, and how it was proven: an assertion may be of two methods, which only its check tells apart. */
export const noteAuthenticated = (activity: RequestActivity, client: AuthenticatedClient): void => {
  activity.clientAuthMethod = client.method
  activity.client = client
}

interface RequestActivityOptions {
  readonly startedAtMs: number
  readonly headers: IncomingHttpHeaders
  readonly randomness: Randomness
}

interface Asked {
  readonly grantType: string
  readonly credentials: { readonly method: string }
  readonly remoteAddress: string
}

/** Notes what a token request asks for and how it authenticates. */
export const noteAsked = (activity: RequestActivity, { grantType, credentials, remoteAddress }: Asked): void => {
  activity.grantType = grantType
  activity.clientAuthMethod = credentials.method
  activity.remoteAddress = remoteAddress
}

export const createRequestActivity = (options: RequestActivityOptions): RequestActivity => new Activity(options)

/** A class, since there is one for every request: its getter costs nothing until it is used. */
class Activity implements RequestActivity {
  readonly startedAtMs: number
  endpoint = 'none'
  grantType: string | undefined = undefined
  clientAuthMethod: string | undefined = undefined
  remoteAddress: string | undefined = undefined
  client: AuthenticatedClient | undefined = undefined
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
