/** The management API's errors: problem documents with a stable code. RFC 9457. */

/** Every code, with the status and the title that go with it. */
export const problems = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  unauthorized: { status: 401, title: 'A Credence token is needed' },
  insufficient_scope: { status: 403, title: 'The token lacks a scope' },
  would_escalate: { status: 403, title: 'The change would give more than the caller has' },
  not_found: { status: 404, title: 'There is no such resource' },
  already_exists: { status: 409, title: 'It exists already' },
  in_use: { status: 409, title: 'Something else still refers to it' },
  built_in: { status: 409, title: 'It belongs to Credence itself' },
  would_lock_out: { status: 409, title: 'The caller would lose what it calls with' },
  too_many: { status: 409, title: 'There are too many of them already' },
  revision_conflict: { status: 412, title: 'It was changed meanwhile' },
  internal: { status: 500, title: 'Something went wrong here' },
  unavailable: { status: 503, title: 'The store does not answer' },
} as const satisfies Record<string, { status: number; title: string }>

export type ProblemCode = keyof typeof problems

/** One fault of a request, by JSON pointer. */
export interface Fault {
  readonly pointer: string
  readonly detail: string
}

export interface ProblemOptions {
  readonly faults?: readonly Fault[]
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** A refusal of the management API. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly faults: readonly Fault[]
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.faults = options.faults ?? []
    this.headers = options.headers ?? {}
  }

  /** The document of RFC 9457 §3. Wire names. */
  toDocument() {
    const { status, title } = problems[this.code]
    return {
      type: `urn:credence:problem:${this.code}`,
      title,
      status,
      detail: this.message,
      code: this.code,
      ...(this.faults.length > 0 && { errors: this.faults }),
    }
  }
}
