/** Fetching a small JSON document from an issuer, within tight bounds. RFC 8725 §3.10. */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { checkUrlWithinReach, createGuardedLookup, type NetworkReach, type ResolveName } from './network_guard.ts'
import { type JsonObject, parseJsonObject } from './strict_json.ts'

export interface FetchedDocument {
  readonly document: JsonObject
  /** `max-age` of Cache-Control; 0 for `no-store` and `no-cache`; undefined when it says nothing. */
  readonly maxAgeSeconds: number | undefined
}

/** @throws {Error} whose message says what went wrong, for an operator. */
export type FetchDocument = (url: string) => Promise<FetchedDocument>

export interface GuardedFetchOptions {
  readonly reach: NetworkReach
  /** For connecting, answering and sending it all, together. 3000 unless given. */
  readonly timeoutMs?: number
  readonly resolveName?: ResolveName
}

export const maxDocumentBytes = 65_536
const defaultTimeoutMs = 3000

/**
 * A fetch for metadata and key sets: https (http on loopback), no address out of reach, no redirect, 3 s, 64 KB, JSON only.
 */
export const createGuardedFetch = ({ reach, timeoutMs = defaultTimeoutMs, resolveName }: GuardedFetchOptions) => {
  const lookup = createGuardedLookup(reach, resolveName)
  const fetchDocument: FetchDocument = async (address) => {
    const url = URL.parse(address)
    if (url === null) throw new Error('not a URL')
    checkUrlWithinReach(url, reach)
    const signal = AbortSignal.timeout(timeoutMs)
    try {
      const response = await send(url, { lookup, signal })
      checkResponse(response)
      return { document: parseJsonObject(await readBody(response)), maxAgeSeconds: maxAge(response) }
    } catch (cause) {
      const what = signal.aborted ? `no complete answer within ${timeoutMs} ms` : messageOf(cause)
      throw new Error(`${url.origin}${url.pathname}: ${what}`, { cause })
    }
  }
  return fetchDocument
}

type SendOptions = Pick<Parameters<typeof httpsRequest>[1] & object, 'lookup' | 'signal'>

const send = (url: URL, options: SendOptions): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest
    const headers = { accept: 'application/json', 'accept-encoding': 'identity' }
    // agent: false, since a pooled connection may have been opened without this guard
    const sent = request(url, { ...options, agent: false, headers })
    sent.on('response', resolve).on('error', reject).end()
  })

const checkResponse = (response: IncomingMessage): void => {
  const fault = faultOf(response)
  if (fault === undefined) return
  response.destroy()
  throw new Error(fault)
}

const faultOf = ({ statusCode, headers }: IncomingMessage): string | undefined => {
  if (statusCode !== 200) return `status ${statusCode}; redirects are not followed`
  const type = headers['content-type'] ?? ''
  if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) return 'the content type is not JSON'
  return undefined
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

const maxAge = ({ headers }: IncomingMessage): number | undefined => {
  const directives = headers['cache-control'] ?? ''
  if (/\bno-(?:store|cache)\b/i.test(directives)) return 0
  const seconds = /\bmax-age="?(\d{1,9})\b/i.exec(directives)?.[1]
  return seconds === undefined ? undefined : Number(seconds)
}

const messageOf = (error: unknown): string => {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : 'failed'
}
