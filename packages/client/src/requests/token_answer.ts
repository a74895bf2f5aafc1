/** Reads a successful answer of the token endpoint, strictly. RFC 6749 §5.1. */
import { type AuthorizationServer, type Client, processClientCredentialsResponse } from 'oauth4webapi'
import { AccessToken, type IssuedToken, type TokenType } from '../access_token.ts'
import { TokenError } from '../token_error.ts'
import { type Asked, parseJsonObject, toTokenError } from './server_answer.ts'

/** How long a token is taken to live when the server does not say: "expires_in RECOMMENDED". */
export const defaultLifetimeSeconds = 60

export interface TokenAnswerContext extends Asked {
  readonly server: AuthorizationServer
  readonly client: Client
  readonly requestedScope: string | undefined
  /** What was asked for: the answer must be of this type. */
  readonly tokenType: TokenType
  /** When the request was started: epoch seconds, and the milliseconds of the monotonic clock. */
  readonly requestedAt: number
  readonly requestedAtMs: number
}

/**
 * Turns the answer to a token request into a token.
 *
 * @throws {TokenError} the server's code when the body is an error document, whatever the status (some servers say 200);
 *   `unsupported_token_type` unless it is the one asked for, in any case of letters; `malformed_response` otherwise.
 * @see RFC 6749 §5.1
 */
export const readTokenAnswer = async (response: Response, context: TokenAnswerContext): Promise<IssuedToken> => {
  const body = parseJsonObject(await response.clone().text())
  if (response.status !== 200 || typeof body?.error === 'string') throw toTokenError(response, body, context)
  const fail = (what: string) =>
    new TokenError('malformed_response', `${context.endpoint} answered with ${what}`, { status: 200 })
  if (body === undefined) throw fail('something else than a JSON object')
  if (typeof body.token_type === 'string' && body.token_type.toLowerCase() !== context.tokenType.toLowerCase()) {
    throw new TokenError(
      'unsupported_token_type',
      `${context.endpoint} answered with a token that is not ${context.tokenType}, which was asked for`,
    )
  }
  const lifetimeSeconds = parseExpiresIn(body.expires_in)
  if (lifetimeSeconds === undefined) throw fail('an expires_in that is no lifetime')
  const answer = await processClientCredentialsResponse(context.server, context.client, response).catch(() => {
    throw fail('members that are missing or wrong')
  })
  // access-token = 1*VSCHAR; a space would end it in the Authorization header (RFC 6749 Appendix A.12, RFC 6750 §2.1)
  if (!/^[\x21-\x7e]+$/.test(answer.access_token)) throw fail('an access_token that no header can carry')
  const token = new AccessToken(
    answer.access_token,
    context.requestedAt + lifetimeSeconds,
    answer.scope ?? context.requestedScope,
    context.tokenType,
  )
  return { token, requestedAt: context.requestedAt, requestedAtMs: context.requestedAtMs, lifetimeSeconds }
}

/**
 * Seconds from expires_in: a positive number, or its decimal digits in a string as some servers write them.
 * Absent: {@link defaultLifetimeSeconds}. Anything else (null, "abc", 0, -1, 1e999) is undefined.
 */
const parseExpiresIn = (value: unknown): number | undefined => {
  if (value === undefined) return defaultLifetimeSeconds
  const seconds = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value
  if (typeof seconds !== 'number' || !(seconds >= 1) || seconds > Number.MAX_SAFE_INTEGER) return undefined
  return Math.floor(seconds)
}
