/** A store that several managers of one test share, with its faults on demand. */
import { type Clock, systemClock } from '@credence/protocol'
import type { SharedStore } from '../shared_cache/shared_cache.ts'

type Call = keyof SharedStore

export const createMemoryStore = (clock: Clock = systemClock) => {
  const entries = new Map<string, { readonly value: string; readonly endsAtMs: number }>()
  const calls: string[] = []
  /** What a call does before its work, or in place of it. */
  const faults: Partial<Record<Call, () => Promise<void>>> = {}
  const live = (key: string) => {
    const entry = entries.get(key)
    return entry !== undefined && entry.endsAtMs > clock.monotonicMs() ? entry.value : undefined
  }
  const begin = async (call: Call, key: string) => {
    calls.push(`${call} ${key.includes(':lease') ? 'lease' : 'entry'}`)
    await faults[call]?.()
  }
  const store: SharedStore = {
    get: async (key) => {
      await begin('get', key)
      return live(key) ?? null
    },
    set: async (key, value, { ttlMs, onlyIfAbsent }) => {
      await begin('set', key)
      if (onlyIfAbsent && live(key) !== undefined) return false
      entries.set(key, { value, endsAtMs: clock.monotonicMs() + ttlMs })
      return true
    },
    remove: async (key, value) => {
      await begin('remove', key)
      if (live(key) === value) entries.delete(key)
    },
  }
  /** Keys of what is there and has not ended. */
  const keys = () => [...entries.keys()].filter((key) => live(key) !== undefined)
  return { store, calls, faults, keys, read: live, write: store.set }
}
