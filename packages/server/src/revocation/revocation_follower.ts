/** Keeps the copy of the revocations true: reads all at the start, then what the change log says is new. */
import type { Change, ChangeLog, Revocation, RevocationStore } from '@credence/storage'
import type { LiveRevocations } from './live_revocations.ts'

export interface RevocationFollowerDeps {
  readonly store: RevocationStore
  readonly changes: ChangeLog
  readonly live: LiveRevocations
  /** Called when there is something new. */
  readonly onNew: () => void
}

export interface RevocationFollower {
  /** Forgets all and reads all. */
  load(): Promise<void>
  /** Reads what is new, whatever the change log says. */
  readNew(): Promise<void>
  apply(change: Change): void | Promise<void>
}

const page = 5_000

export const createRevocationFollower = (deps: RevocationFollowerDeps): RevocationFollower => {
  const { store, live } = deps

  const readNew = async () => {
    for (;;) {
      const found = await store.since(live.version, page)
      live.add(found)
      if (found.length > 0) deps.onNew()
      if (found.length < page) return
    }
  }

  return {
    async load() {
      const version = await deps.changes.latest()
      const found: Revocation[] = []
      for (let complete = false; !complete; ) {
        const next = await store.since(found.at(-1)?.version ?? 0, page)
        found.push(...next)
        complete = next.length < page
      }
      live.replace(found, version)
    },
    readNew,
    async apply({ subject, version }) {
      if (version <= live.version) return
      if (subject === 'revocation') await readNew()
      live.note(version)
    },
  }
}
