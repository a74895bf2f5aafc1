/** Attaches tokens to the requests of an undici dispatcher: @credence/client/undici. RFC 6750 §2.1, §3.1. */
import type { Dispatcher } from 'undici'
import type { AuthorizedRequest } from '../attaching/authorize_request.ts'
import { canReadAgain } from '../attaching/sendable.ts'
import { TokenError } from '../token_error.ts'
import type { TokenManager } from '../token_manager.ts'

type GivenHeaders = Dispatcher.DispatchOptions['headers']

/** More than this of a refusal nobody sees is not read to its end. */
const maxDiscardedBytes = 65_536

/**
 * An interceptor for `dispatcher.compose(tokenInterceptor(tokens))`, with what `tokens.fetch` does: attach, renew, and send once more
 * when the token was refused, unless the body was a stream. Everything that `fetch` is given comes here as a stream.
 *
 * An interceptor sees every request of its dispatcher, those after a redirect and those to the authorization server included.
 * So it needs to know which are for the API: the manager's `allowedOrigins`. Requests to other origins pass as they are.
 *
 * Does not check: that the token endpoint is on another origin than the API. Where it is not, do not make the dispatcher the global one.
 *
 * @throws {TokenError} `invalid_configuration` when the manager has no `allowedOrigins`. Requests fail with what `tokens.fetch` throws.
 */
export const tokenInterceptor = (
  tokens: Pick<TokenManager, 'authorize' | 'allowedOrigins'>,
): Dispatcher.DispatcherComposeInterceptor => {
  const { allowedOrigins } = tokens
  if (allowedOrigins === undefined) {
    throw new TokenError(
      'invalid_configuration',
      'tokenInterceptor needs a token manager with allowedOrigins: it sees every request, those after a redirect included',
    )
  }
  return (dispatch) => (options, handler) => {
    const url = urlOf(options)
    if (url === undefined || !allowedOrigins.has(url.origin)) return dispatch(options, handler)
    const method = options.method
    const signal = 'signal' in options && options.signal instanceof AbortSignal ? options.signal : undefined
    const fail = (error: unknown) => handler.onResponseError?.(createEndedController(error), toError(error))
    const send = (authorized: AuthorizedRequest) => {
      try {
        const headers = withHeaders(options.headers, authorized.headers)
        dispatch(
          { ...options, headers },
          createHandler(handler, { authorized, send, canSendAgain: hasBodyLeft(options) }),
        )
      } catch (error) {
        fail(error)
      }
    }
    tokens.authorize({ url, method, signal }).then(send, fail)
    return true
  }
}

interface Attempt {
  readonly authorized: AuthorizedRequest
  readonly send: (next: AuthorizedRequest) => void
  readonly canSendAgain: boolean
}

/** Hands on what comes, but for a refusal after which the request is sent once more. */
const createHandler = (
  handler: Dispatcher.DispatchHandler,
  { authorized, send, canSendAgain }: Attempt,
): Dispatcher.DispatchHandler => {
  let again: AuthorizedRequest | undefined
  let discardedBytes = 0

  const sendAgain = () => {
    const next = again
    again = undefined
    if (next !== undefined) send(next)
  }

  /** Nothing more comes while it is found out whether the answer is to be handed out. */
  const hold = (controller: Dispatcher.DispatchController, answer: Answer, handOut: () => void) => {
    controller.pause()
    authorized.next(answer, canSendAgain).then(
      (next) => {
        if (controller.aborted) return
        if (next === undefined) handOut()
        else again = next
        controller.resume()
      },
      (error: unknown) => controller.abort(toError(error)),
    )
  }

  return {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onRequestUpgrade: (...given) => handler.onRequestUpgrade?.(...given),
    onResponseStart: (controller, status, headers, message) => {
      const handOut = () => handler.onResponseStart?.(controller, status, headers, message)
      if (status < 200) return handOut()
      const answer = { status, headers: readHeaders(headers) }
      // so that the nonce of this answer is there for the request that comes after it (RFC 9449 §8.2)
      if (status === 401 || authorized.headers.dpop !== undefined) return hold(controller, answer, handOut)
      authorized.next(answer, canSendAgain).catch(() => undefined)
      return handOut()
    },
    onResponseData: (controller, chunk) => {
      if (again === undefined) return handler.onResponseData?.(controller, chunk)
      discardedBytes += chunk.byteLength
      if (discardedBytes > maxDiscardedBytes) controller.abort(new Error('the rest of a refusal is not needed'))
    },
    onResponseEnd: (controller, trailers) =>
      again === undefined ? handler.onResponseEnd?.(controller, trailers) : sendAgain(),
    onResponseError: (controller, error) =>
      again === undefined ? handler.onResponseError?.(controller, error) : sendAgain(),
    onBodySent: (chunk) => handler.onBodySent?.(chunk),
    onRequestSent: () => handler.onRequestSent?.(),
  }
}

interface Answer {
  readonly status: number
  readonly headers: Headers
}

const readHeaders = (given: Readonly<Record<string, string | string[] | undefined>>): Headers => {
  const headers = new Headers()
  for (const name of ['www-authenticate', 'dpop-nonce']) {
    for (const value of [given[name] ?? []].flat()) headers.append(name, value)
  }
  return headers
}

/** The origin is that of the connection, whatever the path looks like. */
const urlOf = ({ origin, path }: Dispatcher.DispatchOptions): URL | undefined => {
  const at = origin === undefined ? null : URL.parse(String(origin))
  return at === null ? undefined : (URL.parse(at.origin + path) ?? undefined)
}

const hasBodyLeft = ({ body }: Dispatcher.DispatchOptions): boolean =>
  body === undefined ||
  body === null ||
  canReadAgain(body) ||
  Object.prototype.toString.call(body) === '[object FormData]'

/** Ours in place of the caller's of the same names. */
const withHeaders = (given: GivenHeaders, added: Readonly<Record<string, string>>): string[] =>
  [...pairsOf(given).filter(([name]) => !(name.toLowerCase() in added)), ...Object.entries(added)].flat()

const pairsOf = (given: GivenHeaders): readonly (readonly [string, string])[] => {
  if (given === undefined || given === null) return []
  if (Array.isArray(given)) {
    return given.flatMap((name, index) => (index % 2 === 0 ? [[name, given[index + 1] ?? ''] as const] : []))
  }
  const pairs = Symbol.iterator in given ? [...(given as Iterable<[string, unknown]>)] : Object.entries(given)
  return pairs.flatMap(([name, values]) => [values ?? []].flat().map((value) => [name, String(value)] as const))
}

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error('aborted', { cause: error }))

/** For a request that never began. */
const createEndedController = (error: unknown): Dispatcher.DispatchController => ({
  aborted: true,
  paused: false,
  reason: toError(error),
  abort: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
})
