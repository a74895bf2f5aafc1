/** A request as the verifier sees it: a fetch Request, or any object with the same members. */

export type RequestHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

export interface ResourceRequest {
  /** Needed where DPoP is accepted. */
  readonly method?: string | undefined
  /** Absolute, or as in the request line; as the client sent it, with nothing that a router took off. Needed as `method` is. */
  readonly url?: string | undefined
  readonly headers: RequestHeaders
  /** The client's certificate, as the TLS connection has it. `raw` is DER. */
  readonly certificate?: { readonly raw: Uint8Array } | undefined
  /** The address of the other end of the connection: who a trusted proxy is told by. Never from a header. */
  readonly remoteAddress?: string | undefined
}

/** Every value of a header. Headers joins several with a comma, and so may a server. */
export const headerValues = (headers: RequestHeaders, lowerCaseName: string): readonly string[] => {
  if (headers instanceof Headers) {
    const value = headers.get(lowerCaseName)
    return value === null ? [] : [value]
  }
  const values: string[] = []
  for (const name of Object.keys(headers)) {
    if (name.length !== lowerCaseName.length || name.toLowerCase() !== lowerCaseName) continue
    const value = headers[name]
    if (typeof value === 'string') values.push(value)
    else values.push(...(value ?? []))
  }
  return values
}

/** Whether the query has a parameter of this name, however it is encoded. */
export const hasQueryParameter = (url: string | undefined, name: string): boolean => {
  const start = url?.indexOf('?') ?? -1
  return start !== -1 && url !== undefined && new URLSearchParams(url.slice(start + 1)).has(name)
}
