/** What a token manager has done and how it stands, for health pages. */

import type { ClientEvent } from './events.ts'
import type { BreakerStatus } from './requests/breaker.ts'
import type { TokenErrorCode } from './token_error.ts'

/** All counts are since the token manager was created. Holds no token and no credential. */
export interface TokenManagerStatus {
  readonly issuer: string
  readonly clientId: string
  /** HTTP requests to the authorization server, those for its metadata included. */
  readonly requests: {
    readonly sent: number
    /** By HTTP status, or `timeout`, `network_error`, `malformed_response`. */
    readonly byResult: Readonly<Record<string, number>>
    /** Milliseconds to the end of an answer, of the last request, on average and at most. Undefined before the first. */
    readonly lastMs: number | undefined
    readonly averageMs: number | undefined
    readonly maxMs: number | undefined
  }
  readonly renewals: {
    /** By `ok` or the code of the TokenError. */
    readonly byResult: Readonly<Record<string, number>>
    /** Epoch seconds. */
    readonly lastSucceededAt: number | undefined
    readonly lastFailedAt: number | undefined
    readonly lastFailure: TokenErrorCode | undefined
  }
  readonly cache: {
    readonly hits: number
    readonly misses: number
    /** How many tokens are held that are valid now. */
    readonly tokens: number
    /** Epoch seconds: when the first of them is due for renewal, which happens at its next use after that. */
    readonly nextRenewalAt: number | undefined
  }
  readonly breaker: BreakerStatus
  /** What must be added to the clock of this machine to have the server's, in seconds. */
  readonly clockSkewSeconds: number
  /** How long the client secret has been in use; undefined where its source does not know. */
  readonly secretAgeSeconds: number | undefined
}

export interface Tally {
  readonly note: (event: ClientEvent, epochSeconds: number) => void
  readonly requests: () => TokenManagerStatus['requests']
  readonly renewals: () => TokenManagerStatus['renewals']
}

/** Counts events. The results they are counted by are few: HTTP statuses and codes of {@link TokenErrorCode}. */
export const createTally = (): Tally => {
  const requests = { sent: 0, lastMs: 0, totalMs: 0, maxMs: 0, byResult: new Map<string, number>() }
  const renewals = { byResult: new Map<string, number>() }
  let lastSucceededAt: number | undefined
  let lastFailedAt: number | undefined
  let lastFailure: TokenErrorCode | undefined
  const count = (counts: Map<string, number>, result: string) => counts.set(result, (counts.get(result) ?? 0) + 1)
  return {
    note: (event, epochSeconds) => {
      if (event.type === 'request') {
        count(requests.byResult, String(event.result))
        requests.sent++
        requests.lastMs = event.durationMs
        requests.totalMs += event.durationMs
        requests.maxMs = Math.max(requests.maxMs, event.durationMs)
      }
      if (event.type !== 'renewal') return
      count(renewals.byResult, event.result)
      if (event.result === 'ok') {
        lastSucceededAt = epochSeconds
      } else {
        lastFailedAt = epochSeconds
        lastFailure = event.result
      }
    },
    requests: () => {
      const { sent, lastMs, totalMs, maxMs, byResult } = requests
      const times =
        sent === 0
          ? { lastMs: undefined, averageMs: undefined, maxMs: undefined }
          : { lastMs, averageMs: totalMs / sent, maxMs }
      return { sent, byResult: Object.fromEntries(byResult), ...times }
    },
    renewals: () => ({
      byResult: Object.fromEntries(renewals.byResult),
      lastSucceededAt,
      lastFailedAt,
      lastFailure,
    }),
  }
}
