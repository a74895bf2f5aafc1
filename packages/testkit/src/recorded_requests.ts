/** What a test authorization server was asked: the last requests, bounded. */

/** What faults and the record tell endpoints apart by. */
export type EndpointName = 'token' | 'keys' | 'metadata' | 'introspection'

export interface RecordedRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** Undefined where the path is no endpoint's. */
  readonly endpoint: EndpointName | undefined
  /** Names in lower case. Holds the credentials as they were sent. */
  readonly headers: Readonly<Record<string, string>>
  /** The parameters of the body; of a name that is given twice, the last. */
  readonly form: Readonly<Record<string, string>>
  readonly body: string
  /** Epoch seconds by the server's clock. */
  readonly at: number
  /** What was answered; undefined where nothing was, or not yet. */
  readonly status: number | undefined
}

export interface RequestRecord {
  readonly all: readonly RecordedRequest[]
  /** Returns what notes the status later. */
  readonly add: (request: Omit<RecordedRequest, 'status'>) => (status: number) => void
}

/** Keeps the last `maxRequests`, oldest first. */
export const createRequestRecord = (maxRequests: number): RequestRecord => {
  const all: RecordedRequest[] = []
  return {
    all,
    add: (request) => {
      const noted: { -readonly [Name in keyof RecordedRequest]: RecordedRequest[Name] } = {
        ...request,
        status: undefined,
      }
      all.push(noted)
      if (all.length > maxRequests) all.shift()
      return (status) => {
        noted.status = status
      }
    },
  }
}
