/** What a caller gets instead of the resource: status, challenges and body, written in one place. RFC 6750 §3, RFC 9449 §7.1. */
import { DpopProofError, dpopErrorCodes, JwtError, type JwtErrorCode } from '@credence/jwt'
import { sanitizeDescription } from '@credence/protocol'
import { type ChallengeOptions, formatTokenChallenges } from './challenges.ts'
import type { TokenScheme } from './read_credentials.ts'

/** Why a request is refused where the token itself is not at fault. Stable, as the codes of a JwtError are. */
export const refusalCodes = {
  no_credentials: 'There is no Authorization header.',
  unsupported_scheme: 'The Authorization header has a scheme that is not accepted here.',
  malformed_credentials: 'The Authorization header is not a scheme and one token.',
  several_credentials: 'There is more than one Authorization header.',
  token_in_query: 'The token is in the query of the URL.',
  revoked: 'The token is revoked, or was issued before a cut-off.',
  revocation_unknown: 'Whether the token is revoked cannot be known now. Says nothing about the token.',
  insufficient_scope: 'The token is good and lacks a scope.',
  requirement_not_met: 'The token is good, and the custom requirement says no.',
  bound_token_required: 'A bearer token, where only tokens that are bound to a key are accepted.',
  dpop_unbound_token: 'Sent with the DPoP scheme, and not bound to a key by `cnf.jkt`.',
  unknown_confirmation: '`cnf` binds the token in a way that is not supported here.',
  certificate_required: 'Bound to a certificate, and sent without one.',
  wrong_certificate: 'Bound to another certificate than that of the connection.',
  token_inactive: 'The issuer, asked about the token, says that it is not active.',
  introspection_unavailable: 'The issuer cannot be asked about the token now. Says nothing about the token.',
  replay_store_full: 'No DPoP proof can be remembered, so none is accepted. Says nothing about the token.',
  replay_store_unavailable: 'The shared store of DPoP proofs does not answer. Says nothing about the token.',
  ...dpopErrorCodes,
} as const

export type RefusalCode = keyof typeof refusalCodes | JwtErrorCode

/** The `error` of RFC 6750 §3.1 and RFC 9449 §7.1; undefined where the request had no credentials to be wrong. */
export type RefusalError =
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'temporarily_unavailable'

export interface Refusal {
  readonly ok: false
  /** HTTP status: 400, 401, 403 or 503. */
  readonly status: number
  readonly code: RefusalCode
  readonly error: RefusalError | undefined
  /** In words, for the caller's logs. Holds nothing of the token beyond short identifiers. */
  readonly description: string
  /** The WWW-Authenticate value, one challenge per scheme; undefined with 503, where other credentials would not help. */
  readonly challenge: string | undefined
  /** What an operator may know and the caller may not, such as why the keys of an issuer cannot be had. */
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
  /** For the operator alone. */
  readonly detail: string | undefined
  /** With 503: when to come back. */
  readonly retryAfterSeconds: number | undefined

  constructor(code: RefusalCode, description: string, options: RequestRefusedOptions) {
    super(description, options)
    this.code = code
    this.status = options.status
    this.error = options.error
    this.scope = options.scope
    this.detail = options.detail
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

interface RequestRefusedOptions extends ErrorOptions {
  /** 503 is answered without a challenge, and with Retry-After. */
  readonly status: number
  readonly error?: RefusalError
  readonly scope?: string
  readonly detail?: string | undefined
  /** A whole number; 5 unless given. */
  readonly retryAfterSeconds?: number | undefined
}

const defaultRetryAfterSeconds = 5

export interface RefusalContext {
  readonly challenges: ChallengeOptions
  /** That of the request; undefined where it could not be told. */
  readonly scheme: TokenScheme | undefined
}

/** The refusal for what a step threw; undefined for whatever is none, since that is a defect and must not look like a bad token. */
export const refusalFor = (thrown: unknown, context: RefusalContext): Refusal | undefined => {
  if (thrown instanceof RequestRefused) {
    return thrown.status === 503 ? unavailable(thrown) : createRefusal(thrown, context)
  }
  if (thrown instanceof DpopProofError) return createRefusal(proofRefused(thrown), context)
  if (!(thrown instanceof JwtError)) return undefined
  if (thrown.code === 'keys_unavailable') return unavailable(thrown)
  return createRefusal(
    new RequestRefused(thrown.code, thrown.message, { status: 401, error: 'invalid_token' }),
    context,
  )
}

const proofRefused = ({ code, error, message }: DpopProofError): RequestRefused =>
  new RequestRefused(code, message, { status: 401, error })

const createRefusal = (refused: RequestRefused, { challenges, scheme }: RefusalContext): Refusal => {
  const { code, status, error, message, scope, detail } = refused
  const description = sanitizeDescription(message)
  // "If the request lacks any authentication information [...], the resource server SHOULD NOT include an error code"
  const document = error === undefined ? {} : { error, error_description: description }
  const challenge = formatTokenChallenges(challenges, { ...document, ...(scope !== undefined && { scope }) }, scheme)
  // RFC 9449 §8.2: a nonce may come with any answer, and the sooner it does the fewer requests are made twice
  const nonce = challenges.dpopNonce?.()
  const headers = { 'www-authenticate': challenge, ...(nonce !== undefined && { 'dpop-nonce': nonce }) }
  return answer({ status, code, error, description, challenge, detail }, { headers, document })
}

const unavailable = (thrown: RequestRefused | JwtError): Refusal => {
  const { code, message, cause, retryAfterSeconds = defaultRetryAfterSeconds } = thrown
  const detail = thrown instanceof RequestRefused ? thrown.detail : undefined
  const error = 'temporarily_unavailable'
  const description = sanitizeDescription(message)
  return answer(
    {
      status: 503,
      code,
      error,
      description,
      challenge: undefined,
      detail: detail ?? (cause instanceof Error ? cause.message : undefined),
    },
    {
      headers: { 'retry-after': String(retryAfterSeconds) },
      document: { error, error_description: description },
    },
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
