/** Asks the issuer about a token, as the client that the options name. RFC 7662 §2. */
import type { TokenManagerOptions } from '@credence/client'
import { isSecureUrl, wellKnownUrl } from '@credence/protocol'
import { CliError } from '../cli_error.ts'
import { type BoundedAnswer, parseObject, sendBounded, Unreachable } from './bounded_http.ts'

export interface AskingClient {
  readonly options: TokenManagerOptions
  readonly signal?: AbortSignal | undefined
}

/** The client's authentication in a form, sent to an endpoint of the issuer. @throws {Unreachable} or {TokenError} */
export const sendAsClient = async (
  endpoint: string,
  form: Readonly<Record<string, string>>,
  { options, signal }: AskingClient,
): Promise<BoundedAnswer> => {
  const body = new URLSearchParams(form)
  const headers = new Headers()
  const { issuer, clientId, auth } = options
  await auth?.({ issuer }, { client_id: clientId }, body, headers)
  return sendBounded(endpoint, { method: 'POST', headers, body, fetch: auth?.fetch, signal })
}

/** @throws {CliError} `introspection_unavailable`, `introspection_refused` */
export const introspectToken = async (
  token: string,
  client: AskingClient,
): Promise<Readonly<Record<string, unknown>>> => {
  try {
    const endpoint = await findEndpoint(client)
    const { status, text } = await sendAsClient(endpoint, { token, token_type_hint: 'access_token' }, client)
    const answer = status === 200 ? parseObject(text) : undefined
    if (typeof answer?.active === 'boolean') return answer
    throw new CliError(
      'introspection_refused',
      `${endpoint} answered ${status}: the client ${client.options.clientId} may not ask there, or its credential is wrong`,
    )
  } catch (error) {
    if (error instanceof Unreachable) throw unavailable(`the issuer could not be asked: ${error.message}`)
    throw error
  }
}

const findEndpoint = async ({ options: { issuer, auth }, signal }: AskingClient): Promise<string> => {
  for (const place of metadataPlaces(issuer)) {
    const { status, text } = await sendBounded(place, { fetch: auth?.fetch, signal })
    const found = status === 200 ? parseObject(text)?.introspection_endpoint : undefined
    const url = typeof found === 'string' ? URL.parse(found) : null
    if (url === null) continue
    // One who can alter the document must not be able to send the credential elsewhere.
    if (isSecureUrl(url) && url.origin === new URL(issuer).origin) return url.href
    throw unavailable(`the metadata of ${issuer} name an introspection endpoint on ${url.origin}, which is not asked`)
  }
  throw unavailable(`the metadata of ${issuer} name no introspection endpoint`)
}

/** RFC 8414 §3, and then OpenID Connect Discovery 1.0 §4, as everybody does. */
export const metadataPlaces = (issuer: string): readonly [oauth: string, openid: string] => [
  wellKnownUrl(issuer, 'oauth-authorization-server'),
  `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
]

const unavailable = (message: string) => new CliError('introspection_unavailable', message)
