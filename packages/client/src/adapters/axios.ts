/** Attaches tokens to the requests of an axios instance: @credence/client/axios. RFC 6750 §2.1, §3.1. */
import {
  type AxiosAdapter,
  AxiosError,
  AxiosHeaders,
  type AxiosInstance,
  type AxiosResponse,
  getAdapter,
  type InternalAxiosRequestConfig,
} from 'axios'
import type { AuthorizedRequest } from '../attaching/authorize_request.ts'
import { canReadAgain } from '../attaching/sendable.ts'
import type { TokenManager } from '../token_manager.ts'

type Config = InternalAxiosRequestConfig
type Tokens = Pick<TokenManager, 'authorize'>

/** The adapters that were made here, by what they stand before: a config that is sent again is not given two tokens. */
const inner = new WeakMap<object, Config['adapter']>()

/**
 * Gives an instance what `tokens.fetch` does: attach, renew, and send once more when the token was refused, unless the body is a stream.
 *
 * The token goes on at the last moment, behind all interceptors, so that it is in no config that they or a logger see, nor in what
 * AxiosError prints. axios takes it off where a redirect leads to another origin; with DPoP none is followed. Requests fail with TokenError where
 * `tokens.fetch` throws one.
 *
 * Does not check: with axios's fetch and XHR adapters, whether a 401 came from another origin after a redirect.
 *
 * @returns a function that takes it off again
 */
export const attachTokens = (instance: AxiosInstance, tokens: Tokens): (() => void) => {
  const id = instance.interceptors.request.use((config) => {
    const given = config.adapter
    const wrapped = typeof given === 'function' && inner.has(given) ? inner.get(given) : given
    const adapter: AxiosAdapter = (sent) => {
      // an instance always has one: axios's own, where none was given
      const send = getAdapter(wrapped ?? instance.defaults.adapter, sent)
      const url = URL.parse(instance.getUri(sent))
      // what is no URL is axios's to refuse
      return url === null ? send(sent) : sendAuthorized(send, sent, { tokens, url })
    }
    inner.set(adapter, wrapped)
    config.adapter = adapter
    return config
  })
  return () => instance.interceptors.request.eject(id)
}

interface Outcome {
  readonly response: AxiosResponse | undefined
  /** What axios throws where the status is none that the caller wants. */
  readonly error: unknown
}

const sendAuthorized = async (
  send: AxiosAdapter,
  config: Config,
  { tokens, url }: { readonly tokens: Tokens; readonly url: URL },
): Promise<AxiosResponse> => {
  const signal = config.signal instanceof AbortSignal ? config.signal : undefined
  const canSendAgain = config.data === undefined || config.data === null || canReadAgain(config.data)
  let authorized = await tokens.authorize({ url, method: config.method, signal })
  // ends: next() has at most one new token, and one nonce with each
  for (;;) {
    let isElsewhere = false
    const onRedirect = (origin: string | undefined) => {
      isElsewhere ||= origin !== url.origin
    }
    const { response, error } = await outcomeOf(send(withToken(config, authorized, onRedirect)), config)
    if (response === undefined) throw error
    const answer = { status: response.status, headers: readHeaders(response) }
    const next = isElsewhere ? undefined : await authorized.next(answer, canSendAgain)
    if (next === undefined) {
      if (error !== undefined) throw error
      return response
    }
    discard(response.data)
    authorized = next
  }
}

/** A copy of the config, which nobody else sees. */
const withToken = (
  config: Config,
  authorized: AuthorizedRequest,
  onRedirect: (origin: string | undefined) => void,
): Config => {
  const { auth: _basic, ...rest } = config
  const beforeRedirect: Config['beforeRedirect'] = (options, details, ...more) => {
    onRedirect(URL.parse(String(options.href))?.origin)
    config.beforeRedirect?.(options, details, ...more)
  }
  return {
    ...rest,
    headers: new AxiosHeaders(config.headers).set(authorized.headers),
    beforeRedirect,
    ...(authorized.headers.dpop !== undefined && { maxRedirects: 0 }),
  }
}

/** The answer or the error, as of the caller's own config: the one with the token stays here. */
const outcomeOf = async (sending: Promise<AxiosResponse>, config: Config): Promise<Outcome> => {
  const cleaned = (response: AxiosResponse | undefined) => {
    if (response === undefined) return undefined
    response.config = config
    hideRequest(response)
    return response
  }
  try {
    return { response: cleaned(await sending), error: undefined }
  } catch (error) {
    if (!(error instanceof AxiosError)) return { response: undefined, error }
    error.config = config
    hideRequest(error)
    return { response: cleaned(error.response), error }
  }
}

/** The runtime's request has the header that was sent: it stays, but is not printed. */
const hideRequest = (holder: { request?: unknown }) => {
  const { request } = holder
  Object.defineProperty(holder, 'request', { value: request, enumerable: false, writable: true, configurable: true })
}

const readHeaders = ({ headers: given }: AxiosResponse): Headers => {
  const headers = new Headers()
  for (const name of ['www-authenticate', 'dpop-nonce']) {
    for (const value of [given[name] ?? []].flat()) headers.append(name, String(value))
  }
  return headers
}

/** A stream that nobody reads would hold its connection. */
const discard = (data: unknown) => {
  if (data instanceof ReadableStream) data.cancel().catch(() => undefined)
  else if (typeof data === 'object' && data !== null && 'destroy' in data && typeof data.destroy === 'function')
    data.destroy()
}
