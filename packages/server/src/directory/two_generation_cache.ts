/** A bounded cache that forgets what was not asked for lately: two maps, of which the older is dropped when the younger is full. */

export interface TwoGenerationCache<V> {
  get(key: string): V | undefined
  set(key: string, value: V): void
  delete(key: string): void
  clear(): void
  readonly size: number
}

/**
 * Creates a cache of at most `capacity` entries.
 *
 * Unlike a list-ordered LRU, a hit on a young entry moves nothing: it costs one map look-up. An entry survives as long
 * as it is asked for once in every `capacity / 2` new ones.
 */
export const createTwoGenerationCache = <V>(capacity: number): TwoGenerationCache<V> => {
  const generationSize = Math.max(1, Math.floor(capacity / 2))
  let young = new Map<string, V>()
  let old = new Map<string, V>()

  const set = (key: string, value: V) => {
    if (young.size >= generationSize && !young.has(key)) {
      old = young
      young = new Map()
    }
    old.delete(key)
    young.set(key, value)
  }

  return {
    get(key) {
      const found = young.get(key)
      if (found !== undefined) return found
      const aged = old.get(key)
      if (aged !== undefined) set(key, aged)
      return aged
    },
    set,
    delete(key) {
      young.delete(key)
      old.delete(key)
    },
    clear() {
      young = new Map()
      old = new Map()
    },
    get size() {
      return young.size + old.size
    },
  }
}
