/** A request as the verifier sees it: a fetch Request, or any object with the same three members. */

export type RequestHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

export interface ResourceRequest {
  readonly method?: string | undefined
  /** Absolute, or as in the request line. */
  readonly url?: string | undefined
  readonly headers: RequestHeaders
}

/** Every value of the Authorization header, of which there should be one at most. */
export const authorizationValues = (headers: RequestHeaders): readonly string[] => {
  if (headers instanceof Headers) {
    const value = headers.get('authorization')
    return value === null ? [] : [value]
  }
  const values: string[] = []
  for (const name of Object.keys(headers)) {
    if (name.length !== 'authorization'.length || name.toLowerCase() !== 'authorization') continue
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
