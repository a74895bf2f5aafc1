/** Why a request is refused, in terms that every skin has its own words for. RFC 6749 §5.2, RFC 8707 §2. */
import { OAuthError } from '@credence/protocol'

export type RefusalKind =
  | 'malformed_request'
  | 'malformed_credentials'
  | 'malformed_scope'
  | 'missing_grant_type'
  | 'unsupported_grant_type'
  | 'no_client_authentication'
  | 'unknown_client'
  | 'wrong_secret'
  | 'expired_secret'
  | 'bad_assertion'
  | 'missing_audience'
  | 'unknown_audience'
  | 'ambiguous_audience'
  | 'missing_scope'
  | 'unknown_scope'

/** A refusal with what it is about: the scope, the audience, the client id. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly kind: RefusalKind
  readonly about: string
  /** HTTP status where HTTP itself has the reason (404, 405, 413, 415). */
  readonly status: number | undefined

  constructor(kind: RefusalKind, about: string, status?: number) {
    super(`${kind}: ${about}`)
    this.kind = kind
    this.about = about
    this.status = status
  }
}

/** What reading a request throws, as a refusal. Anything else is a fault of this package and is passed on. */
export const toRefusal = (thrown: unknown): Refusal => {
  if (thrown instanceof Refusal) return thrown
  if (!(thrown instanceof OAuthError)) throw thrown
  const { code, message, status } = thrown
  if (code === 'invalid_client') return new Refusal('malformed_credentials', message)
  if (code === 'invalid_scope') return new Refusal('malformed_scope', message)
  return new Refusal('malformed_request', message, status === 400 ? undefined : status)
}
