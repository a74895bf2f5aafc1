/** Fetching a small JSON document from an issuer, within tight bounds. RFC 8725 §3.10. */
import { createGuardedRequest, type GuardedAnswer, type GuardedRequestOptions } from './guarded_request.ts'
import { type JsonObject, parseJsonObject } from './strict_json.ts'

export { maxDocumentBytes } from './guarded_request.ts'

export interface FetchedDocument {
  readonly document: JsonObject
  /** `max-age` of Cache-Control; 0 for `no-store` and `no-cache`; undefined when it says nothing. */
  readonly maxAgeSeconds: number | undefined
}

/** @throws {Error} whose message says what went wrong, for an operator. */
export type FetchDocument = (url: string) => Promise<FetchedDocument>

export type GuardedFetchOptions = Pick<GuardedRequestOptions, 'reach' | 'timeoutMs' | 'resolveName'>

const get = {
  method: 'GET',
  headers: { accept: 'application/json' },
  mediaType: /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i,
  mediaTypeName: 'JSON',
} as const

/**
 * A fetch for metadata and key sets: https (http on loopback), no address out of reach, no redirect, 3 s, 64 KB, JSON only.
 */
export const createGuardedFetch = (options: GuardedFetchOptions): FetchDocument => {
  const send = createGuardedRequest(options)
  return async (address) => {
    const answer = await send(address, get)
    return { document: parseDocument(address, answer), maxAgeSeconds: maxAge(answer) }
  }
}

const parseDocument = (address: string, { body }: GuardedAnswer): JsonObject => {
  try {
    return parseJsonObject(body)
  } catch (cause) {
    const { origin, pathname } = new URL(address)
    throw new Error(`${origin}${pathname}: ${cause instanceof Error ? cause.message : 'not JSON'}`, { cause })
  }
}

const maxAge = ({ headers }: GuardedAnswer): number | undefined => {
  const directives = headers['cache-control'] ?? ''
  if (/\bno-(?:store|cache)\b/i.test(directives)) return 0
  const seconds = /\bmax-age="?(\d{1,9})\b/i.exec(directives)?.[1]
  return seconds === undefined ? undefined : Number(seconds)
}
