/** Counts what clients get and are refused, in memory, and writes it in batches: never a write per token. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Clock, OAuthError } from '@credence/protocol'
import type { Issued, IssuedCount, RefusedCount, UsageStore } from '@credence/storage'
import type { Authorization } from '../grants/authorization.ts'
import type { GrantType } from '../grants/grant_type.ts'
import { plainAddress } from '../limits/network_address.ts'

export interface UsageRecorder {
  noteIssued(authorization: Authorization): void
  /** A request of a client that had proven who it is. */
  noteRefused(clientId: string, reason: string): void
  /** An attempt to authenticate as a client; whether there is such a client is not known. */
  noteFailedAuthentication(clientId: string, remoteAddress: string): void
  /** Writes what has been counted since the last time. What could not be written is kept for the next. */
  flush(): Promise<void>
  /** What was not counted because there was too much of it. */
  readonly dropped: number
}

export interface UsageRecorderDeps {
  readonly store: UsageStore
  readonly isClient: (clientId: string) => Promise<boolean>
  readonly clock: Clock
  /** More combinations of credential and API, or of client and reason, than this in one batch are not counted. */
  readonly capacity: number
}

type Mutable<T> = { -readonly [Member in keyof T]: T[Member] }
type Tally = Mutable<Omit<IssuedCount, 'scopes'>> & { readonly scopes: Map<string, number> }

export const hourSeconds = 3600

/** What strangers can make us tell apart, in an hour; beyond it their attempts are counted together. */
const strangersPerHour = 2_000

/** Combinations in one transaction: some milliseconds, since nothing else is answered while an embedded store writes. */
const batchSize = 100

const clientIdForm = /^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}$/

export const createUsageRecorder = ({ store, isClient, clock, capacity }: UsageRecorderDeps): UsageRecorder => {
  let issued = new Map<string, Tally[]>()
  let tallies = 0
  let refused = new Map<string, Mutable<RefusedCount>>()
  let dropped = 0
  const strangers = { hour: 0, known: new Set<string>() }

  /** The tally of a credential at an API in an hour: most credentials have one, so the list is short. */
  const findTally = (key: Omit<Issued, 'tokens' | 'scopes'>): Tally | undefined => {
    const held = issued.get(key.credentialId)
    if (held !== undefined)
      for (const tally of held) if (tally.hour === key.hour && tally.audience === key.audience) return tally
    if (tallies >= capacity) return undefined
    tallies++
    const { clientId, credentialId, audience, hour } = key
    const tally = { clientId, credentialId, audience, hour, tokens: 0, scopes: new Map(), lastIssuedAt: 0 }
    if (held === undefined) issued.set(credentialId, [tally])
    else held.push(tally)
    return tally
  }

  const addRefused = (count: RefusedCount) => {
    const key = `${count.clientId} ${count.reason} ${count.remoteAddress} ${count.hour}`
    const known = refused.get(key)
    if (known !== undefined) known.requests += count.requests
    else if (refused.size < capacity) refused.set(key, { ...count })
    else dropped += count.requests
  }

  const addIssued = (counts: IssuedCount) => {
    const tally = findTally(counts)
    if (tally === undefined) {
      dropped += counts.tokens
      return
    }
    tally.tokens += counts.tokens
    tally.lastIssuedAt = Math.max(tally.lastIssuedAt, counts.lastIssuedAt)
    for (const [scope, tokens] of counts.scopes) tally.scopes.set(scope, (tally.scopes.get(scope) ?? 0) + tokens)
  }

  /** What is no client's id is not kept: it may be a secret that somebody sent in its place. */
  const withoutUnknown = async (counts: readonly RefusedCount[]): Promise<readonly RefusedCount[]> => {
    const known = new Map<string, boolean>()
    for (const { clientId } of counts) if (!known.has(clientId)) known.set(clientId, await isClient(clientId))
    const merged = new Map<string, RefusedCount>()
    for (const count of counts) {
      const told = known.get(count.clientId) ? count : { ...count, clientId: '' }
      const key = `${told.clientId} ${told.reason} ${told.remoteAddress} ${told.hour}`
      merged.set(key, { ...told, requests: told.requests + (merged.get(key)?.requests ?? 0) })
    }
    return [...merged.values()]
  }

  return {
    noteIssued({ clientId, credentialId, api, scope }) {
      const now = clock.epochSeconds()
      const tally = findTally({ clientId, credentialId, audience: api.audience, hour: hourOf(now) })
      if (tally === undefined) {
        dropped++
        return
      }
      tally.tokens++
      tally.lastIssuedAt = now
      for (const name of scope) tally.scopes.set(name, (tally.scopes.get(name) ?? 0) + 1)
    },

    noteRefused: (clientId, reason) =>
      addRefused({ clientId, reason, remoteAddress: '', hour: hourOf(clock.epochSeconds()), requests: 1 }),

    noteFailedAuthentication(clientId, remoteAddress) {
      const hour = hourOf(clock.epochSeconds())
      if (strangers.hour !== hour) {
        strangers.hour = hour
        strangers.known.clear()
      }
      const who = { clientId: clientIdForm.test(clientId) ? clientId : '', remoteAddress: plainAddress(remoteAddress) }
      const key = `${who.clientId} ${who.remoteAddress}`
      const isKnown = strangers.known.has(key) || strangers.known.size < strangersPerHour
      if (isKnown) strangers.known.add(key)
      const told = isKnown ? who : { clientId: '', remoteAddress: '' }
      addRefused({ ...told, reason: 'invalid_client', hour, requests: 1 })
    },

    async flush() {
      // in the order of the table: rows that are beside each other are written together, and not a page for each
      const inOrder = [...issued.values()].flat().sort(byClient)
      let unwritten: readonly Batch[] = [{ issued: inOrder, refused: [...refused.values()] }]
      issued = new Map()
      tallies = 0
      refused = new Map()
      try {
        unwritten = batchesOf(unwritten[0]?.issued ?? [], await withoutUnknown(unwritten[0]?.refused ?? []))
        for (const batch of unwritten) {
          await store.add(batch)
          unwritten = unwritten.slice(1)
          // an embedded store answers within the turn: without a pause, all batches would be one
          await nextTurn()
        }
      } catch (error) {
        for (const batch of unwritten) {
          batch.issued.forEach(addIssued)
          batch.refused.forEach(addRefused)
        }
        throw error
      }
    },

    get dropped() {
      return dropped
    },
  }
}

const hourOf = (epochSeconds: number): number => epochSeconds - (epochSeconds % hourSeconds)

const byClient = (one: Tally, other: Tally): number =>
  one.clientId < other.clientId ? -1 : Number(one.clientId > other.clientId)

interface Batch {
  readonly issued: readonly IssuedCount[]
  readonly refused: readonly RefusedCount[]
}

const batchesOf = (issued: readonly IssuedCount[], refused: readonly RefusedCount[]) =>
  Array.from({ length: Math.ceil(Math.max(issued.length, refused.length) / batchSize) }, (_, at) => ({
    issued: issued.slice(at * batchSize, (at + 1) * batchSize),
    refused: refused.slice(at * batchSize, (at + 1) * batchSize),
  }))

/** A grant type whose refusals are counted by client. */
export const countRefusals = (grant: GrantType, recorder: Pick<UsageRecorder, 'noteRefused'>): GrantType => ({
  ...grant,
  authorize(asked, client) {
    const note = (error: unknown): never => {
      if (error instanceof OAuthError) recorder.noteRefused(client.record.client.clientId, error.code)
      throw error
    }
    try {
      const authorizing = grant.authorize(asked, client)
      return authorizing instanceof Promise ? authorizing.catch(note) : authorizing
    } catch (error) {
      return note(error)
    }
  },
})
