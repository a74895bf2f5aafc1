/** Records what token requests were refused for, in memory and in batches: alike ones are counted, so that a flood is a few records. */
import type { Clock, OAuthError, OAuthErrorCode } from '@credence/protocol'
import type { AuditEvent } from '@credence/storage'
import type { PresentedCredentials } from '../client_auth/client_auth_method.ts'
import { printable } from './printable.ts'

export interface FailureRecorder {
  /** Notes that a client could not be authenticated. */
  note(refusal: OAuthError, presented: PresentedCredentials, remoteAddress: string): void
  /** Notes that a client which had proven who it is was refused a token. */
  noteRefused(refusal: OAuthError, asker: RefusedAsker): void
  /** Writes what has been noted, one event for each client, address and reason. What could not be written is kept for the next time. */
  flush(write: (events: readonly AuditEvent[]) => Promise<void>): Promise<void>
  /** How many events there would be now. */
  readonly waiting: number
}

/** Who was refused a token. */
export interface RefusedAsker {
  readonly clientId: string
  readonly credentialId: string
  readonly method: string
  readonly remoteAddress: string | undefined
}

/** Failures that are alike. */
interface Noted {
  readonly action: 'client.authenticate' | 'token.refuse'
  readonly subject: string
  readonly actor: string
  readonly credentialId: string | undefined
  readonly address: string | undefined
  /** The code that was answered. Undefined: invalid_client, as every failed authentication. */
  readonly error: OAuthErrorCode | undefined
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
    // whose keys cannot be had is refused with 503 and a reason; a store that does not answer says nothing of the client
    if (code !== 'invalid_client' && detail === undefined) return
    const now = clock.epochSeconds()
    const clientId = printable(claimed)
    const reason = printable(detail ?? message)
    const subject = `clients/${encodeURIComponent(clientId)}`
    const failure = {
      action: 'client.authenticate' as const,
      subject,
      actor: `claimed:${clientId}`,
      credentialId: undefined,
      address,
      error: code === 'invalid_client' ? undefined : code,
      reason,
      method,
      firstAt: now,
      lastAt: now,
      count: 1,
    }
    add(JSON.stringify([clientId, address, reason, method]), failure)
  }

  const noteRefused: FailureRecorder['noteRefused'] = (refusal, { clientId, credentialId, method, remoteAddress }) => {
    // RFC 9449 §8: that is how a client comes by a nonce, and no refusal of what it asks for
    if (refusal.code === 'use_dpop_nonce') return
    const now = clock.epochSeconds()
    // a caller that has proven who it is chooses the words all the same: the scope that it asked for stands in them
    const reason = printable(refusal.detail === undefined ? refusal.message : `${refusal.message}: ${refusal.detail}`)
    const failure = {
      action: 'token.refuse' as const,
      subject: `clients/${encodeURIComponent(clientId)}`,
      actor: `client:${clientId}`,
      credentialId,
      address: remoteAddress,
      error: refusal.code,
      reason,
      method,
      firstAt: now,
      lastAt: now,
      count: 1,
    }
    add(JSON.stringify([credentialId, remoteAddress, refusal.code, reason]), failure)
  }

  return {
    note,
    noteRefused,
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
    action: 'client.authenticate',
    subject: 'clients',
    actor: 'anonymous',
    credentialId: undefined,
    address: undefined,
    error: undefined,
    reason: 'more failures than are told apart',
    method: 'any',
  },
} as const

const toEvent = ({ action, subject, actor, credentialId, address, error, ...noted }: Noted): AuditEvent => ({
  at: noted.lastAt,
  action,
  subject,
  actor,
  ...(credentialId !== undefined && { credentialId }),
  address,
  outcome: 'refused',
  details: {
    ...(error !== undefined && { error }),
    reason: noted.reason,
    method: noted.method,
    count: noted.count,
    first_at: noted.firstAt,
    last_at: noted.lastAt,
  },
})
