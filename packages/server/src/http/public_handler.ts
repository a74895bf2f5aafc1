/** The public side: token endpoint, metadata, key set, and nothing of the management API. RFC 6749 §3.2, RFC 8414 §3. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, OAuthError, type Randomness } from '@credence/protocol'
import type { Logger } from 'pino'
import { publicPaths } from '../endpoints/metadata.ts'
import type { RequestGate } from '../limits/request_gate.ts'
import { type RequestIds, requestIdHeader } from '../logging/request_ids.ts'
import type { HttpRequest, HttpResponse, StreamingResponse } from './http_request.ts'
import type { RequestHandler } from './http_server.ts'
import { readBody } from './read_body.ts'
import { createRequestActivity, type RequestActivity } from './request_activity.ts'
import type { RequestObserver } from './request_observer.ts'
import { documentResponse, errorResponse } from './respond.ts'
import { directOrigin, type RequestOrigin } from './trusted_proxies.ts'

export interface PublicHandlerDeps {
  /** The issuer's own path, `/` when it has none; endpoints answer below it and without it. */
  readonly issuerPath: string
  readonly tokenEndpoint: Endpoint
  readonly credentialsEndpoint: Endpoint
  /** Endpoints beside those. */
  readonly routes: readonly Route[]
  /** Who is at the other end; the connection itself unless there are proxies or certificates. */
  readonly origin?: RequestOrigin
  readonly metadata: () => object
  readonly keySet: () => object
  /** What POST requests have to pass. */
  readonly gate: RequestGate
  readonly observe: RequestObserver
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
}

type Answer = HttpResponse | StreamingResponse
type Endpoint = (request: HttpRequest) => Answer | Promise<Answer>

export interface Route {
  readonly method: 'GET' | 'POST'
  /** What metrics and traces call it: the same whatever the issuer's own path is. */
  readonly path: string
  readonly endpoint: Endpoint
}

/** Straight over node:http, since all there is to route are a few fixed paths (docs/decisions/0004). */
export const createPublicHandler = (deps: PublicHandlerDeps): RequestHandler => {
  const { gate, observe, clock, randomness, origin = directOrigin } = deps
  const routes = createRoutes(deps)

  const answer = async (request: IncomingMessage, activity: RequestActivity): Promise<Answer> => {
    const { method } = request
    const url = toOriginForm(request.url ?? '')
    const queryStart = url.indexOf('?')
    const route = routes.get(queryStart === -1 ? url : url.slice(0, queryStart))
    if (route === undefined) throw new OAuthError('invalid_request', 'no such endpoint', { status: 404 })
    activity.endpoint = route.path
    checkMethod(method, route.method)
    const asked: HttpRequest = {
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      query: queryStart === -1 ? '' : url.slice(queryStart + 1),
      body: route.method === 'POST' ? await readBody(request) : '',
      remoteAddress: origin.remoteAddressOf(request),
      certificate: origin.certificateOf(request),
      activity,
    }
    if (route.method === 'GET') return route.endpoint(asked)
    gate.enter()
    try {
      return await route.endpoint(asked)
    } finally {
      gate.leave()
    }
  }

  return (request, response) => {
    const { headers } = request
    const activity = createRequestActivity({ startedAtMs: clock.monotonicMs(), headers, randomness })
    answer(request, activity).then(
      (answered) => {
        write(response, answered)
        observe(activity, answered.status)
      },
      (error) => {
        const refused = errorResponse(error)
        const { ids } = activity
        logRefusal(error, { logger: deps.logger, ids, remoteAddress: origin.remoteAddressOf(request) })
        write(response, { ...refused, headers: [...refused.headers, requestIdHeader, ids.request_id] })
        observe(activity, refused.status, error)
      },
    )
  }
}

const createRoutes = (deps: PublicHandlerDeps): ReadonlyMap<string, Route> => {
  const token: Route = { method: 'POST', path: publicPaths.token, endpoint: deps.tokenEndpoint }
  const document = (path: string, read: () => object): Route => ({
    method: 'GET',
    path,
    endpoint: ({ headers }) => documentResponse(read(), headers),
  })
  const jwks = document(publicPaths.jwks, deps.keySet)
  const metadata = document(publicPaths.metadata, deps.metadata)
  const credentials: Route = { method: 'POST', path: publicPaths.credentials, endpoint: deps.credentialsEndpoint }
  const prefixes = new Set(['', deps.issuerPath.replace(/\/$/, '')])
  return new Map(
    [...prefixes].flatMap((prefix): [string, Route][] => [
      [`${prefix}${publicPaths.token}`, token],
      [`${prefix}${publicPaths.credentials}`, credentials],
      ...deps.routes.map((route): [string, Route] => [`${prefix}${route.path}`, route]),
      [`${prefix}${publicPaths.jwks}`, jwks],
      [`${publicPaths.metadata}${prefix}`, metadata],
    ]),
  )
}

/** RFC 9112 §3.2.2: "a server MUST accept the absolute-form in requests". Whose name it gives counts as little as Host does. */
const toOriginForm = (target: string): string =>
  target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]+/i, '')

/** RFC 9110 §9.1: "All general-purpose servers MUST support the methods GET and HEAD"; what a resource has, it has for both. */
const checkMethod = (asked: string | undefined, allowed: Route['method']): void => {
  if (asked === allowed || (asked === 'HEAD' && allowed === 'GET')) return
  const allow = allowed === 'GET' ? 'GET, HEAD' : allowed
  throw new OAuthError('invalid_request', `use ${allowed}`, { status: 405, headers: { allow } })
}

/** Every answer is ASCII, so that its length is its size. */
const write = (response: ServerResponse, answer: Answer): void => {
  const { status, headers } = answer
  if ('start' in answer) {
    response.writeHead(status, [...headers])
    // RFC 9110 §9.3.2: "the server MUST NOT send content in the response" to HEAD
    if (response.req.method === 'HEAD') response.end()
    else answer.start(response)
    return
  }
  const { body } = answer
  // RFC 9110 §15.4.5: a 304 has no content, and a length of 0 would be wrong for what it stands for
  response.writeHead(status, status === 304 ? [...headers] : ['content-length', `${body.length}`, ...headers])
  response.end(body, 'latin1')
}

interface Refused {
  readonly logger: Logger
  readonly ids: RequestIds
  readonly remoteAddress: string | undefined
}

/** A refusal that an operator should hear of is one with a detail; anything unexpected is an error. */
const logRefusal = (error: unknown, { logger, ids, remoteAddress }: Refused): void => {
  if (!(error instanceof OAuthError)) {
    logger.error({ ...ids, err: error }, 'request failed')
  } else if (error.detail !== undefined || error.status >= 500) {
    logger.warn({ ...ids, error: error.code, detail: error.detail, remote_address: remoteAddress }, error.message)
  }
}
