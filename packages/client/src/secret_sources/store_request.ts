/** One GET to a secret store's HTTP API: https, bounded, no redirect, and an error that says what to do. */
import { isSecureUrl } from '@credence/protocol'
import { boundedFetch, type Fetch, nameUrl } from '../requests/bounded_fetch.ts'
import { parseJsonObject } from '../requests/server_answer.ts'
import { TokenError } from '../token_error.ts'

export interface StoreRequest {
  readonly fetch: Fetch | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** What to do about a status, in words. */
  readonly advice: Readonly<Record<number, string>>
}

/**
 * Checks the address of a store.
 *
 * @throws {TokenError} `invalid_configuration` when it is no URL, `insecure_url` for http to another machine
 */
export const parseStoreUrl = (name: string, address: string): string => {
  const url = URL.parse(address)
  if (url === null || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new TokenError('invalid_configuration', `${name} must be an https URL without user, query or fragment`)
  }
  if (!isSecureUrl(url)) {
    throw new TokenError(
      'insecure_url',
      `${name}: no secret is fetched from ${url.origin}: not https, not this machine`,
    )
  }
  return url.href.replace(/\/$/, '')
}

/** @throws {TokenError} `credential_unavailable` with status and advice, `network_error` or `malformed_response` */
export const readStore = async (url: string, request: StoreRequest): Promise<Readonly<Record<string, unknown>>> => {
  const { fetch = globalThis.fetch, headers, signal } = request
  const response = await boundedFetch(fetch, url, { headers, signal })
  const { status } = response
  if (status !== 200) {
    const advice = request.advice[status] ?? 'look at its log'
    throw new TokenError('credential_unavailable', `${nameUrl(url)} answered ${status}: ${advice}`, { status })
  }
  const body = parseJsonObject(await response.text())
  if (body !== undefined) return body
  throw new TokenError('credential_unavailable', `${nameUrl(url)} answered with something else than a JSON object`)
}

/** A member that must be an object; {} where it is none, so that what is missing in it is what is reported. */
export const objectIn = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
