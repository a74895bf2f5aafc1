/** A store of shared tokens in memory: for several token managers of one process, and for tests. */
import type { SharedStore } from '@credence/client'

interface Entry {
  readonly value: string
  readonly endsAtMs: number
}

/** @param maxEntries those that were set first are dropped first */
export const memoryStore = (maxEntries = 1_000): SharedStore => {
  const entries = new Map<string, Entry>()
  const live = (key: string): string | undefined => {
    const entry = entries.get(key)
    if (entry !== undefined && entry.endsAtMs > performance.now()) return entry.value
    entries.delete(key)
    return undefined
  }
  return {
    get: async (key) => live(key),
    set: async (key, value, { ttlMs, onlyIfAbsent }) => {
      if (onlyIfAbsent && live(key) !== undefined) return false
      entries.delete(key)
      for (const oldest of entries.keys()) {
        if (entries.size < maxEntries) break
        entries.delete(oldest)
      }
      entries.set(key, { value, endsAtMs: performance.now() + ttlMs })
      return true
    },
    remove: async (key, value) => {
      if (live(key) === value) entries.delete(key)
    },
  }
}
