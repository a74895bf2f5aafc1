/** Reads what the authorization server answered when it did not answer with what was asked for. RFC 6749 §5.2. */
import { type Clock, parseBasicCredentials, sanitizeDescription } from '@credence/protocol'
import { TokenError, type TokenErrorCode } from '../token_error.ts'
import { serverTime } from './skew.ts'

/** Codes that a server may give and that mean the same here. */
const serverCodes: ReadonlySet<string> = new Set<TokenErrorCode>([
  'invalid_request',
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'server_error',
  'temporarily_unavailable',
])

const isServerCode = (code: string): code is TokenErrorCode => serverCodes.has(code)

/** Where an answer came from: its request, for telling whether the answer repeats a credential. */
export interface Asked {
  /** As it may be named in messages. */
  readonly endpoint: string
  readonly credentials: readonly string[]
  readonly clock: Clock
}

/** The JSON object in a body; undefined when there is none. */
export const parseJsonObject = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The error that an answer stands for, its body an error document of RFC 6749 §5.2 or anything else. */
export const toTokenError = (response: Response, body: Readonly<Record<string, unknown>> | undefined, asked: Asked) => {
  const { status } = response
  const retryAfterSeconds = parseRetryAfter(response.headers, asked.clock)
  const error = typeof body?.error === 'string' && body.error !== '' ? printable(body.error, asked) : undefined
  if (error === undefined) {
    return new TokenError(codeOfStatus(status), `${asked.endpoint} answered ${status} without an OAuth error`, {
      status,
      retryAfterSeconds,
    })
  }
  const description = typeof body?.error_description === 'string' ? `: ${printable(body.error_description, asked)}` : ''
  return new TokenError(isServerCode(error) ? error : 'refused', `${asked.endpoint} answered ${error}${description}`, {
    status,
    serverError: isServerCode(error) ? undefined : error,
    retryAfterSeconds,
  })
}

const codeOfStatus = (status: number): TokenErrorCode => {
  if (status === 429 || status === 503) return 'temporarily_unavailable'
  return status >= 500 ? 'server_error' : 'malformed_response'
}

/** A server may repeat what it was sent; such a text is not passed on. */
const printable = (text: string, { credentials }: Asked): string => {
  const decoded = decodeLoosely(text)
  const repeats = credentials.some((credential) => text.includes(credential) || decoded.includes(credential))
  return repeats ? '(withheld: it repeats a credential)' : sanitizeDescription(text)
}

/** Form-decoded, wherever in a longer text what is encoded stands, and whatever else was encoded with it. */
const decodeLoosely = (text: string): string =>
  text.replaceAll('+', ' ').replace(/(?:%[0-9A-Fa-f]{2})+/g, (encoded) => {
    try {
      return decodeURIComponent(encoded)
    } catch {
      return encoded
    }
  })

/** Everything in a request that is or holds a credential, in each form that a server could repeat. */
export const credentialsOf = (headers: Headers, body: string): readonly string[] => {
  const form = new URLSearchParams(body)
  const found = ['client_secret', 'client_assertion', 'assertion'].flatMap((name) => form.getAll(name))
  const [scheme = '', encoded = ''] = (headers.get('authorization') ?? '').split(' ')
  found.push(encoded)
  if (scheme.toLowerCase() === 'basic') found.push(...basicSecrets(encoded))
  return found.filter((text) => text !== '')
}

/** As it was sent, as the UTF-8 that this may be, and form-decoded where it was form-encoded. */
const basicSecrets = (encoded: string): readonly string[] => {
  const found: string[] = []
  try {
    const pair = atob(encoded)
    const sent = pair.slice(pair.indexOf(':') + 1)
    found.push(sent, new TextDecoder().decode(Uint8Array.from(sent, (char) => char.charCodeAt(0))))
    found.push(parseBasicCredentials(encoded).clientSecret)
  } catch {
    // not base64, or not form-encoded: what was found until then is all there is
  }
  return found
}

/** Seconds to wait by a Retry-After header, which has a number of seconds or a date. RFC 9110 §10.2.3. */
export const parseRetryAfter = (headers: Headers, clock: Clock): number | undefined => {
  const value = headers.get('retry-after')
  if (value === null) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value)
  const date = Date.parse(value)
  // a date by the server's clock is compared with what that clock says now, where the answer tells
  const now = serverTime(headers) ?? clock.epochSeconds()
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil(date / 1000) - now)
}
