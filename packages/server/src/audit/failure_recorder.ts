/** Records client authentication failures, in memory and in batches: alike ones are counted, so that a flood is a few records. */
import type { Clock, OAuthError } from '@credence/protocol'
import type { AuditEvent } from '@credence/storage'
import type { PresentedCredentials } from '../client_auth/client_auth_method.ts'
import { printable } from './printable.ts'

export interface FailureRecorder {
  /** Notes that a client could not be authenticated. */
  note(refusal: OAuthError, presented: PresentedCredentials, remoteAddress: string): void
  /** Writes what has been noted, one event for each client, address and reason. What could not be written is kept for the next time. */
  flush(write: (events: readonly AuditEvent[]) => Promise<void>): Promise<void>
  /** How many events there would be now. */
  readonly waiting: number
}

/** Failures that are alike. */
interface Noted {
  readonly subject: string
  readonly actor: string
  readonly address: string | undefined
  readonly reason: string
  readonly method: string
  firstAt: number
  lastAt: number
  count: number
}

/** @param capacity failures that differ from this many others are only counted, all in one record, until the next write */
export const createFailureRecorder = (clock: Clock, capacity: number): FailureRecorder => {
  let noted = new Map<string, Noted>()

  const add = (wanted: string, failure: Noted) => {
    const fits = noted.has(wanted) || noted.size < capacity
    const key = fits ? wanted : others.key
    const known = noted.get(key)
    if (known === undefined) {
      noted.set(key, fits ? failure : { ...failure, ...others.failure })
    } else {
      known.count += failure.count
      known.firstAt = Math.min(known.firstAt, failure.firstAt)
      known.lastAt = Math.max(known.lastAt, failure.lastAt)
    }
  }

  const note: FailureRecorder['note'] = ({ code, detail, message }, { clientId: claimed, method }, address) => {
    if (code !== 'invalid_client') return
    const now = clock.epochSeconds()
    const clientId = printable(claimed)
    const reason = printable(detail ?? message)
    const subject = `clients/${encodeURIComponent(clientId)}`
    const failure = {
      subject,
      actor: `claimed:${clientId}`,
      address,
      reason,
      method,
      firstAt: now,
      lastAt: now,
      count: 1,
    }
    add(JSON.stringify([clientId, address, reason, method]), failure)
  }

  return {
    note,
    async flush(write) {
      if (noted.size === 0) return
      const taken = noted
      noted = new Map()
      try {
        await write([...taken.values()].map(toEvent))
      } catch (error) {
        for (const [key, failure] of taken) add(key, failure)
        throw error
      }
    },
    get waiting() {
      return noted.size
    },
  }
}

const others = {
  key: 'others',
  failure: {
    subject: 'clients',
    actor: 'anonymous',
    address: undefined,
    reason: 'more failures than are told apart',
    method: 'any',
  },
} as const

const toEvent = ({ subject, actor, address, reason, method, firstAt, lastAt, count }: Noted): AuditEvent => ({
  at: lastAt,
  action: 'client.authenticate',
  subject,
  actor,
  address,
  outcome: 'refused',
  details: { reason, method, count, first_at: firstAt, last_at: lastAt },
})
