/** All that says how clients are set up and used, read for many clients at once: what findings are made from. */
import type { Client, Credential, Grant } from './model.ts'
import type { PageRequest } from './stores.ts'
import type { RefusedCount, ScopeUse } from './usage_store.ts'

export interface ClientFacts {
  readonly client: Client
  /** Without revoked ones. */
  readonly credentials: readonly Credential[]
  readonly grants: readonly Grant[]
  readonly scopeUses: readonly ScopeUse[]
  /** By API, what it got since `lastDayFrom`. */
  readonly lastDay: readonly { readonly audience: string; readonly tokens: number; readonly hoursWithUse: number }[]
  /** Tokens in the hour that began at `thisHour`, over all APIs. */
  readonly tokensThisHour: number
  /** Of every 24 hours before `thisHour` with any use, back to `peaksFrom`: the most tokens in one hour. */
  readonly dailyPeaks: readonly number[]
  /** Refusals since `lastDayFrom`; without the hour. */
  readonly refusals: readonly Omit<RefusedCount, 'hour' | 'clientId'>[]
}

/** Epoch seconds, each the beginning of an hour. */
export interface FactTimes {
  readonly thisHour: number
  readonly lastDayFrom: number
  readonly peaksFrom: number
}

export interface ClientFactsStore {
  /** Clients by id. Of each kind of fact at most some thousand for the whole page, so ask for few clients at once. */
  list(times: FactTimes, page: PageRequest): Promise<readonly ClientFacts[]>
  /** The audiences that no client is granted, at most `limit`, in order. */
  ungrantedAudiences(limit: number): Promise<readonly string[]>
}
