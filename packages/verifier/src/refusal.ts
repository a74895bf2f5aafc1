/** What a caller gets instead of the resource: status, challenge and body, written in one place. RFC 6750 §3. */
import { JwtError, type JwtErrorCode } from '@credence/jwt'
import { formatChallenges, sanitizeDescription } from '@credence/protocol'

/** Why a request is refused where the token itself is not at fault. Stable, as the codes of a JwtError are. */
export const refusalCodes = {
  no_credentials: 'There is no Authorization header.',
  unsupported_scheme: 'The Authorization header has another scheme than Bearer. DPoP is not supported yet.',
  malformed_credentials: 'The Authorization header is not a scheme and one token.',
  several_credentials: 'There is more than one Authorization header.',
  token_in_query: 'The token is in the query of the URL.',
  insufficient_scope: 'The token is good and lacks a scope.',
} as const

export type RefusalCode = keyof typeof refusalCodes | JwtErrorCode

/** The `error` of RFC 6750 §3.1; undefined where the request had no credentials to be wrong. */
export type RefusalError = 'invalid_request' | 'invalid_token' | 'insufficient_scope' | 'temporarily_unavailable'

export interface Refusal {
  readonly ok: false
  /** HTTP status: 400, 401, 403 or 503. */
  readonly status: number
  readonly code: RefusalCode
  readonly error: RefusalError | undefined
  /** In words, for the caller's logs. Holds nothing of the token beyond short identifiers. */
  readonly description: string
  /** The WWW-Authenticate value; undefined with 503, where other credentials would not help. */
  readonly challenge: string | undefined
  /** What an operator may know and the caller may not: why the keys of an issuer cannot be had. */
  readonly detail: string | undefined
  /** All headers of the answer, names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The answer as a fetch Response. */
  toResponse(): Response
}

/** Thrown by a step of the verifier's road, and caught at its end. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused'
  readonly code: RefusalCode
  readonly status: number
  readonly error: RefusalError | undefined
  /** The scopes that would have been enough. */
  readonly scope: string | undefined

  constructor(code: RefusalCode, description: string, options: RequestRefusedOptions) {
    super(description)
    this.code = code
    this.status = options.status
    this.error = options.error
    this.scope = options.scope
  }
}

interface RequestRefusedOptions {
  readonly status: number
  readonly error?: RefusalError
  readonly scope?: string
}

const defaultRetryAfterSeconds = 5

/**
 * The refusal for what a step threw.
 *
 * @throws whatever is no refusal, since that is a defect and must not look like a bad token.
 */
export const refusalFor = (thrown: unknown, realm: string): Refusal => {
  if (thrown instanceof RequestRefused) return createRefusal(thrown, realm)
  if (!(thrown instanceof JwtError)) throw thrown
  if (thrown.code === 'keys_unavailable') return unavailable(thrown)
  return createRefusal(new RequestRefused(thrown.code, thrown.message, { status: 401, error: 'invalid_token' }), realm)
}

const createRefusal = ({ code, status, error, message, scope }: RequestRefused, realm: string): Refusal => {
  const description = sanitizeDescription(message)
  // "If the request lacks any authentication information [...], the resource server SHOULD NOT include an error code"
  const fault = error === undefined ? {} : { error, error_description: description }
  // "The auth-scheme value [Bearer] MUST be followed by one or more auth-param values"
  const parameters = { realm, ...fault, ...(scope === undefined ? {} : { scope }) }
  const challenge = formatChallenges([{ scheme: 'Bearer', parameters }])
  const headers = { 'www-authenticate': challenge }
  return answer({ status, code, error, description, challenge, detail: undefined }, { headers, document: fault })
}

const unavailable = ({ code, message, cause, retryAfterSeconds = defaultRetryAfterSeconds }: JwtError): Refusal => {
  const error = 'temporarily_unavailable'
  const description = sanitizeDescription(message)
  return answer(
    {
      status: 503,
      code,
      error,
      description,
      challenge: undefined,
      detail: cause instanceof Error ? cause.message : undefined,
    },
    { headers: { 'retry-after': String(retryAfterSeconds) }, document: { error, error_description: description } },
  )
}

type RefusalFacts = Pick<Refusal, 'status' | 'code' | 'error' | 'description' | 'challenge' | 'detail'>

interface Answer {
  readonly headers: Readonly<Record<string, string>>
  readonly document: object
}

const answer = (facts: RefusalFacts, { headers, document }: Answer): Refusal => {
  const body = JSON.stringify(document)
  const all = { ...headers, 'cache-control': 'no-store', 'content-type': 'application/json' }
  return {
    ok: false,
    ...facts,
    headers: all,
    body,
    toResponse: () => new Response(body, { status: facts.status, headers: all }),
  }
}
