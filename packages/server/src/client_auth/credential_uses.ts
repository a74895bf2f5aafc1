/** Notes when and from where each credential was last used, in memory, and writes it in batches: never a write per token. */
import type { Clock } from '@credence/protocol'
import type { CredentialStore, CredentialUse } from '@credence/storage'

export interface CredentialUseRecorder {
  note(credentialId: string, remoteAddress: string): void
  /** Writes what has been noted since the last time. What could not be written is kept for the next. */
  flush(): Promise<void>
}

export interface CredentialUseRecorderDeps {
  readonly store: CredentialStore
  readonly clock: Clock
  /** Notes of more credentials than this are dropped until the next flush. */
  readonly capacity: number
}

export const createCredentialUseRecorder = (deps: CredentialUseRecorderDeps): CredentialUseRecorder => {
  let noted = new Map<string, { credentialId: string; usedAt: number; usedFrom: string }>()

  const note = (credentialId: string, usedFrom: string) => {
    const usedAt = deps.clock.epochSeconds()
    const known = noted.get(credentialId)
    if (known !== undefined) {
      known.usedAt = usedAt
      known.usedFrom = usedFrom
    } else if (noted.size < deps.capacity) {
      noted.set(credentialId, { credentialId, usedAt, usedFrom })
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
      const uses = [...noted.values()]
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
