/** Records what tokens were issued: how many to whom in each hour, or, when asked for, every single one. */
import type { Clock, TokenResponse } from '@credence/protocol'
import type { AuditEvent } from '@credence/storage'
import type { Authorization } from '../grants/authorization.ts'

export interface IssuanceRecorder {
  /** Notes a token that was issued. */
  note(authorization: Authorization, token: TokenResponse): void
  /** Writes the single tokens noted, oldest first, in batches. What could not be written is kept for the next time. */
  flushSingle(write: Write): Promise<void>
  /** Writes the counts since the last time, when they are of an hour or `always`. What could not be written is kept. */
  flushCounts(write: Write, always: boolean): Promise<void>
  /** How many single tokens are noted now. */
  readonly waiting: number
  /** How many since the start were only counted, because too many were noted. */
  readonly dropped: number
}

type Write = (events: readonly AuditEvent[]) => Promise<void>

export interface IssuanceOptions {
  readonly clock: Clock
  /** Whether every token is recorded. */
  readonly each: boolean
  /** More tokens than this waiting to be written are only counted. */
  readonly capacity: number
}

const periodSeconds = 3_600

/** Single tokens in one transaction. */
const batch = 1_000

/** Clients that are told apart in one record. */
const maxClients = 200

export const createIssuanceRecorder = ({ clock, each, capacity }: IssuanceOptions): IssuanceRecorder => {
  let waiting: AuditEvent[] = []
  let unrecorded = 0
  let dropped = 0
  let since = clock.epochSeconds()
  let total = 0
  let byClient = new Map<string, number>()

  const add = (clientId: string, tokens: number) => {
    const known = byClient.get(clientId)
    if (known !== undefined || byClient.size < maxClients) byClient.set(clientId, (known ?? 0) + tokens)
  }

  const noteSingle = (authorization: Authorization, accessToken: string) => {
    if (waiting.length < capacity) waiting.push(toEvent(authorization, accessToken, clock.epochSeconds()))
    else {
      unrecorded++
      dropped++
    }
  }

  return {
    note(authorization, token) {
      total++
      add(authorization.clientId, 1)
      if (each) noteSingle(authorization, token.access_token)
    },
    async flushSingle(write) {
      // no more than can wait at once: what comes meanwhile is for the next time
      for (let left = capacity; left > 0 && waiting.length + unrecorded > 0; left -= batch) {
        const written = waiting.slice(0, batch)
        const lost = unrecorded
        await write(lost === 0 ? written : [...written, unrecordedEvent(lost, clock.epochSeconds())])
        waiting = waiting.slice(written.length)
        unrecorded -= lost
      }
    },
    async flushCounts(write, always) {
      const now = clock.epochSeconds()
      if (total === 0 || !(always || now - since >= periodSeconds)) return
      const written = { since, total, byClient }
      since = now
      total = 0
      byClient = new Map()
      try {
        await write([countEvent(written, now)])
      } catch (error) {
        since = written.since
        total += written.total
        for (const [clientId, tokens] of written.byClient) add(clientId, tokens)
        throw error
      }
    },
    get waiting() {
      return waiting.length
    },
    get dropped() {
      return dropped
    },
  }
}

const bare = { subject: 'tokens', actor: 'server', outcome: 'done' } as const

const unrecordedEvent = (count: number, at: number): AuditEvent => ({
  ...bare,
  at,
  action: 'token.unrecorded',
  details: { count, reason: 'more tokens than could be written' },
})

interface Counts {
  readonly since: number
  readonly total: number
  readonly byClient: ReadonlyMap<string, number>
}

const countEvent = ({ since, total, byClient }: Counts, now: number): AuditEvent => ({
  ...bare,
  at: now,
  action: 'token.count',
  details: { from: since, until: now, issued: total, by_client: Object.fromEntries(byClient) },
})

const toEvent = (
  { clientId, credentialId, api, scope }: Authorization,
  accessToken: string,
  at: number,
): AuditEvent => ({
  at,
  action: 'token.issue',
  subject: `clients/${encodeURIComponent(clientId)}`,
  actor: `client:${clientId}`,
  credentialId,
  outcome: 'done',
  details: { aud: api.audience, scope: scope.join(' '), ...idsOf(accessToken) },
})

/** What says which token it was, and nothing that could be used as one. */
const idsOf = (accessToken: string): { jti?: unknown; exp?: unknown } => {
  const [, payload, signature] = accessToken.split('.')
  // a sealed token says nothing
  if (payload === undefined || signature === undefined) return {}
  const { jti, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString())
  return { jti, exp }
}
