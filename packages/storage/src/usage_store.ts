/** What clients use and what they are refused, counted by the hour. */
import type { PageRequest } from './stores.ts'

/** Tokens that one credential got for one API in one hour. */
export interface Issued {
  readonly clientId: string
  readonly credentialId: string
  readonly audience: string
  /** Epoch seconds of the hour's beginning. */
  readonly hour: number
  readonly tokens: number
  /** By scope, how many of the tokens had it. */
  readonly scopes: ReadonlyMap<string, number>
}

export interface IssuedCount extends Issued {
  /** Epoch seconds of the last of them. */
  readonly lastIssuedAt: number
}

/** Requests that were refused in one hour, or would have been. */
export interface RefusedCount {
  /** Empty when the request named none that could be a client's. May name one that does not exist. */
  readonly clientId: string
  readonly reason: string
  /** Empty when it says nothing about the reason, or when there were too many to tell apart. */
  readonly remoteAddress: string
  readonly hour: number
  readonly requests: number
}

export interface UsageFilter {
  readonly clientId?: string | undefined
  readonly audience?: string | undefined
  /** Epoch seconds; hours that begin from here on. */
  readonly from: number
  /** Epoch seconds; hours that begin before this. */
  readonly to: number
}

/** Issued tokens of more than one hour together. */
export type UsageSum = Omit<Issued, 'hour'> & { readonly lastHour: number }

export interface ScopeUse {
  readonly clientId: string
  readonly audience: string
  readonly scope: string
  readonly lastUsedAt: number
}

export interface UsageSweep {
  /** Hours that began before this are deleted. */
  readonly hoursBefore: number
  /** Last uses of scopes before this are deleted. */
  readonly scopeUsesBefore: number
  /** At most this many rows of each kind. */
  readonly limit: number
}

export interface UsageStore {
  /**
   * Adds to what is counted, in one transaction. No change is appended.
   *
   * Does not check: that no two counts have the same key, which PostgreSQL refuses.
   */
  add(counts: { readonly issued: readonly IssuedCount[]; readonly refused: readonly RefusedCount[] }): Promise<void>
  /** By client, hour, credential and API; `after` is the key that {@link usageKey} gives. */
  list(filter: UsageFilter, page: PageRequest): Promise<readonly Issued[]>
  /** By client, credential and API; `after` is the key that {@link usageSumKey} gives. */
  sum(filter: UsageFilter, page: PageRequest): Promise<readonly UsageSum[]>
  /** Of one client. */
  scopeUses(clientId: string): Promise<readonly ScopeUse[]>
  /** Deletes what is old. Returns how many rows it was. */
  sweep(sweep: UsageSweep): Promise<number>
}

/** No part of a key has a space in it. */
export const usageKey = ({ clientId, hour, credentialId, audience }: Omit<Issued, 'tokens' | 'scopes'>): string =>
  [clientId, hour, credentialId, audience].join(' ')

export const usageSumKey = ({
  clientId,
  credentialId,
  audience,
}: Pick<Issued, 'clientId' | 'credentialId' | 'audience'>): string => [clientId, credentialId, audience].join(' ')
