/** A request to an issuer within tight bounds: https, no address out of reach, no redirect, limited in time and size. RFC 8725 §3.10. */
import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { checkUrlWithinReach, createGuardedLookup, type NetworkReach, type ResolveName } from './network_guard.ts'

export interface GuardedRequestOptions {
  readonly reach: NetworkReach
  /** For connecting, answering and sending it all, together. 3000 unless given. */
  readonly timeoutMs?: number
  readonly resolveName?: ResolveName
  /** Connections that are kept for the next request, at most this many. None unless given. */
  readonly maxConnections?: number
}

export interface GuardedCall {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** What the content type of the answer has to match, and what that is called. */
  readonly mediaType: RegExp
  readonly mediaTypeName: string
}

/** An answer with status 200 and the content type asked for. */
export interface GuardedAnswer {
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** The cause of the failure where an answer had another status than 200, with what it says of when to come back. */
export class UnexpectedStatus extends Error {
  override readonly name = 'UnexpectedStatus'
  readonly status: number | undefined
  readonly retryAfter: string | undefined
  readonly date: string | undefined

  constructor({ statusCode, headers }: IncomingMessage) {
    super(`status ${statusCode}; redirects are not followed`)
    this.status = statusCode
    this.retryAfter = headers['retry-after']
    this.date = headers.date
  }
}

/**
 * @throws {Error} whose message says what went wrong, for an operator: the URL without its query, and why. Its cause is an
 *   {@link UnexpectedStatus} where that was it.
 */
export type SendGuarded = (address: string, call: GuardedCall) => Promise<GuardedAnswer>

export const maxDocumentBytes = 65_536
const defaultTimeoutMs = 3000

/** Makes requests to places that come from outside or may be anybody's. Any answer but 200 is a failure and is not read. */
export const createGuardedRequest = (options: GuardedRequestOptions): SendGuarded => {
  const { reach, timeoutMs = defaultTimeoutMs, resolveName, maxConnections } = options
  const lookup = createGuardedLookup(reach, resolveName)
  const agents = createAgents(maxConnections)
  return async (address, call) => {
    const url = URL.parse(address)
    if (url === null) throw new Error('not a URL')
    checkUrlWithinReach(url, reach)
    const signal = AbortSignal.timeout(timeoutMs)
    const agent = url.protocol === 'https:' ? agents.https : agents.http
    try {
      const response = await send(url, call, { lookup, signal, agent })
      checkResponse(response, call)
      return { headers: response.headers, body: await readBody(response) }
    } catch (cause) {
      const what = signal.aborted ? `no complete answer within ${timeoutMs} ms` : messageOf(cause)
      throw new Error(`${url.origin}${url.pathname}: ${what}`, { cause })
    }
  }
}

/** Pools of their own, since a connection of another pool may have been opened without this guard; false for none. */
const createAgents = (maxConnections: number | undefined) => {
  if (maxConnections === undefined) return { http: false, https: false } as const
  const settings = { keepAlive: true, maxSockets: maxConnections, maxFreeSockets: maxConnections }
  return { http: new HttpAgent(settings), https: new HttpsAgent(settings) } as const
}

type SendOptions = Pick<Parameters<typeof httpsRequest>[1] & object, 'lookup' | 'signal' | 'agent'>

const send = (url: URL, call: GuardedCall, options: SendOptions): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { method, headers, body } = call
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest
    const sent = request(url, { ...options, method, headers: { ...headers, 'accept-encoding': 'identity' } })
    const failed = (error: NodeJS.ErrnoException): void => {
      // the other side may close a kept connection just as it is used again: once more, over another one
      if (sent.reusedSocket && error.code === 'ECONNRESET') resolve(send(url, call, { ...options, agent: false }))
      else reject(error)
    }
    sent.on('response', resolve).on('error', failed).end(body)
  })

const checkResponse = (response: IncomingMessage, call: GuardedCall): void => {
  const fault = faultOf(response, call)
  if (fault === undefined) return
  response.destroy()
  throw fault
}

const faultOf = (response: IncomingMessage, call: GuardedCall): Error | undefined => {
  if (response.statusCode !== 200) return new UnexpectedStatus(response)
  return call.mediaType.test(response.headers['content-type'] ?? '')
    ? undefined
    : new Error(`the content type is not ${call.mediaTypeName}`)
}

const readBody = async (response: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    // leaving the loop destroys the response
    if (length > maxDocumentBytes) throw new Error(`more than ${maxDocumentBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const messageOf = (error: unknown): string => {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : 'failed'
}
