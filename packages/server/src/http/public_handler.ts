/** The public side: token endpoint, metadata, key set, and nothing of the management API. RFC 6749 §3.2, RFC 8414 §3. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { OAuthError } from '@credence/protocol'
import type { Logger } from 'pino'
import { publicPaths } from '../endpoints/metadata.ts'
import type { HttpRequest, HttpResponse } from './http_request.ts'
import type { RequestHandler } from './http_server.ts'
import { readBody } from './read_body.ts'
import { documentResponse, errorResponse } from './respond.ts'

export interface PublicHandlerDeps {
  /** The issuer's own path, `/` when it has none; endpoints answer below it and without it. */
  readonly issuerPath: string
  readonly tokenEndpoint: Endpoint
  readonly metadata: () => object
  readonly keySet: () => object
  readonly logger: Logger
}

type Endpoint = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>

interface Route {
  readonly method: 'GET' | 'POST'
  readonly endpoint: Endpoint
}

/** Straight over node:http, since all there is to route are three paths (docs/decisions/0004). */
export const createPublicHandler = (deps: PublicHandlerDeps): RequestHandler => {
  const routes = createRoutes(deps)

  const answer = async (request: IncomingMessage): Promise<HttpResponse> => {
    const { method, url = '' } = request
    const queryStart = url.indexOf('?')
    const route = routes.get(queryStart === -1 ? url : url.slice(0, queryStart))
    if (route === undefined) throw new OAuthError('invalid_request', 'no such endpoint', { status: 404 })
    checkMethod(method, route.method)
    return route.endpoint({
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      query: queryStart === -1 ? '' : url.slice(queryStart + 1),
      body: route.method === 'POST' ? await readBody(request) : '',
      remoteAddress: request.socket.remoteAddress ?? '',
    })
  }

  return (request, response) => {
    answer(request).then(
      (answered) => write(response, answered),
      (error) => {
        logRefusal(error, { logger: deps.logger, remoteAddress: request.socket.remoteAddress })
        write(response, errorResponse(error))
      },
    )
  }
}

const createRoutes = (deps: PublicHandlerDeps): ReadonlyMap<string, Route> => {
  const token: Route = { method: 'POST', endpoint: deps.tokenEndpoint }
  const jwks: Route = { method: 'GET', endpoint: ({ headers }) => documentResponse(deps.keySet(), headers) }
  const metadata: Route = { method: 'GET', endpoint: ({ headers }) => documentResponse(deps.metadata(), headers) }
  const prefixes = new Set(['', deps.issuerPath.replace(/\/$/, '')])
  return new Map(
    [...prefixes].flatMap((prefix): [string, Route][] => [
      [`${prefix}${publicPaths.token}`, token],
      [`${prefix}${publicPaths.jwks}`, jwks],
      [`${publicPaths.metadata}${prefix}`, metadata],
    ]),
  )
}

/** RFC 9110 §9.1: "All general-purpose servers MUST support the methods GET and HEAD"; what a resource has, it has for both. */
const checkMethod = (asked: string | undefined, allowed: Route['method']): void => {
  if (asked === allowed || (asked === 'HEAD' && allowed === 'GET')) return
  throw new OAuthError('invalid_request', `use ${allowed}`, { status: 405, headers: { allow: allowed } })
}

/** Every answer is ASCII, so that its length is its size. */
const write = (response: ServerResponse, { status, headers, body }: HttpResponse): void => {
  // RFC 9110 §15.4.5: a 304 has no content, and a length of 0 would be wrong for what it stands for
  response.writeHead(status, status === 304 ? [...headers] : ['content-length', `${body.length}`, ...headers])
  response.end(body, 'latin1')
}

/** A refusal that an operator should hear of is one with a detail; anything unexpected is an error. */
const logRefusal = (
  error: unknown,
  { logger, remoteAddress }: { readonly logger: Logger; readonly remoteAddress: string | undefined },
): void => {
  if (!(error instanceof OAuthError)) {
    logger.error({ err: error }, 'request failed')
  } else if (error.detail !== undefined || error.status >= 500) {
    logger.warn({ error: error.code, detail: error.detail, remote_address: remoteAddress }, error.message)
  }
}
