/** Why the feed could not be read, in words that hold nothing secret. */

export interface FeedErrorOptions {
  /** HTTP status, when there was an answer. */
  readonly status?: number | undefined
  readonly retryAfterSeconds?: number | undefined
}

/** The message is for an operator: where it was asked, and what is wrong. */
export class FeedError extends Error {
  override readonly name = 'FeedError'
  readonly status: number | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(message: string, { status, retryAfterSeconds }: FeedErrorOptions = {}) {
    super(message)
    this.status = status
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** What an answer with such a status asks of the operator. */
const advice: Readonly<Record<number, string>> = {
  401: 'the credentials are not accepted',
  403: 'the client must serve this API (credence client update ID --serves AUDIENCE), or its token have admin:revocations:read',
  404: 'there is no feed here: is this the issuer of a Credence server?',
}

export const describeStatus = (status: number): string =>
  advice[status] === undefined ? `status ${status}` : `status ${status}: ${advice[status]}`

/** The message of ours, or no more than the system's code of others': their messages may hold what was sent. */
export const reasonOf = (error: unknown): string => {
  if (error instanceof FeedError) return error.message
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Za-z][A-Za-z0-9_]{1,48}$/.test(code) ? code : 'connection failed'
}
