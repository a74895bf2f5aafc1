/** The token that GitHub Actions gives a job with the permission `id-token: write`. */
import type { Fetch } from '../requests/bounded_fetch.ts'
import { readVariable } from '../secret_sources/environment.ts'
import { objectIn, readStore } from '../secret_sources/store_request.ts'
import { TokenError } from '../token_error.ts'
import type { PlatformTokenSource } from './federated.ts'

export interface GitHubActionsTokenOptions {
  /** The authorization server's issuer. */
  readonly audience: string
  readonly fetch?: Fetch | undefined
  /** How long the request may take, in milliseconds. Default: 5,000. */
  readonly timeoutMs?: number | undefined
}

const advice = {
  401: 'its request token has expired: the job has ended or is too old',
  403: 'give the job the permission id-token: write',
}

/**
 * Asks for a new token each time. They live for minutes.
 *
 * @returns a source that throws TokenError `credential_unavailable` outside of a job with `permissions: { id-token: write }`
 */
export const gitHubActionsToken =
  ({ audience, fetch, timeoutMs = 5_000 }: GitHubActionsTokenOptions): PlatformTokenSource =>
  async () => {
    const requestUrl = URL.parse(readVariable('ACTIONS_ID_TOKEN_REQUEST_URL') ?? '')
    const requestToken = readVariable('ACTIONS_ID_TOKEN_REQUEST_TOKEN')
    if (requestUrl === null || requestToken === undefined) {
      throw new TokenError(
        'credential_unavailable',
        'no ACTIONS_ID_TOKEN_REQUEST_URL and _TOKEN here: give the job permissions: { id-token: write }',
      )
    }
    requestUrl.searchParams.set('audience', audience)
    const headers = { authorization: `Bearer ${requestToken}` }
    const signal = AbortSignal.timeout(timeoutMs)
    const { value } = objectIn(await readStore(requestUrl.href, { fetch, headers, signal, advice }))
    if (typeof value === 'string') return value
    throw new TokenError('credential_unavailable', 'GitHub Actions answered without a token')
  }
