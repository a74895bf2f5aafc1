/** Notes when, from where and by what each credential was last used, in memory, and writes it in batches: never a write per token. */
import type { Clock } from '@credence/protocol'
import type { CredentialStore, CredentialUse } from '@credence/storage'
import { withoutSecrets } from './secrets/client_secret.ts'

export interface CredentialUseRecorder {
  /** @param userAgent the User-Agent header as it came (RFC 9110 §10.1.5) */
  note(credentialId: string, remoteAddress: string, userAgent: string | undefined): void
  /** Writes what has been noted since the last time. What could not be written is kept for the next. */
  flush(): Promise<void>
}

export interface CredentialUseRecorderDeps {
  readonly store: CredentialStore
  readonly clock: Clock
  /** Notes of more credentials than this are dropped until the next flush. */
  readonly capacity: number
}

type Noted = { -readonly [Member in keyof CredentialUse]: CredentialUse[Member] }

const maxUserAgentLength = 200

/** A copy, because a part of a long string keeps the whole of it in memory. */
const cut = (userAgent: string): string => Buffer.from(userAgent.slice(0, maxUserAgentLength)).toString()

/** Fit for a list that people read: nothing but printable ASCII. Done when it is written, not per request. */
const cleanUserAgent = (userAgent: string | undefined): string | undefined =>
  userAgent === undefined ? undefined : withoutSecrets(userAgent).replace(/[^\x20-\x7e]/g, '?')

export const createCredentialUseRecorder = (deps: CredentialUseRecorderDeps): CredentialUseRecorder => {
  let noted = new Map<string, Noted>()

  const note = (credentialId: string, usedFrom: string, userAgent: string | undefined) => {
    const usedAt = deps.clock.epochSeconds()
    const usedBy = userAgent === undefined || userAgent.length <= maxUserAgentLength ? userAgent : cut(userAgent)
    const known = noted.get(credentialId)
    if (known !== undefined) {
      known.usedAt = usedAt
      known.usedFrom = usedFrom
      known.userAgent = usedBy
    } else if (noted.size < deps.capacity) {
      noted.set(credentialId, { credentialId, usedAt, usedFrom, userAgent: usedBy })
    }
  }

  const putBack = (uses: Iterable<CredentialUse>) => {
    for (const use of uses) {
      if (!noted.has(use.credentialId) && noted.size < deps.capacity) noted.set(use.credentialId, { ...use })
    }
  }

  return {
    note,
    async flush() {
      if (noted.size === 0) return
      const uses = Array.from(noted.values(), (use) => ({ ...use, userAgent: cleanUserAgent(use.userAgent) }))
      noted = new Map()
      try {
        await deps.store.recordUses(uses)
      } catch (error) {
        putBack(uses)
        throw error
      }
    },
  }
}
