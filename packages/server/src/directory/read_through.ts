/** A bounded read-through cache over the store: what is known is answered at once, what is not is read once for all who wait. */
import { StoreError } from '@credence/storage'
import { createTwoGenerationCache } from './two_generation_cache.ts'

export interface ReadThrough<V> {
  /** The value itself when it is known, a promise when it has to be read. Absence is not remembered. */
  get(key: string): V | undefined | Promise<V | undefined>
  /** Forgets a key, and what a read under way will bring for it. */
  forget(key: string): void
  forgetAll(): void
  readonly size: number
  /** Look-ups since the start that were answered at once, and that had to wait for a read. */
  readonly hits: number
  readonly misses: number
}

/** A store that is slow is not asked more than this at once; who is known already does not wait for it. */
const mostReads = 1_000

export const createReadThrough = <V extends object | string>(
  read: (key: string) => Promise<V | undefined>,
  capacity: number,
): ReadThrough<V> => {
  const known = createTwoGenerationCache<V>(capacity)
  const underWay = new Map<string, Promise<V | undefined>>()
  let hits = 0
  let misses = 0

  const start = (key: string): Promise<V | undefined> => {
    if (underWay.size >= mostReads)
      return Promise.reject(new StoreError('unavailable', 'too many reads of the store at once'))
    const reading = read(key)
      .then((value) => {
        // a read that was forgotten meanwhile may have seen the state before the change: it answers its callers, no more
        if (value !== undefined && underWay.get(key) === reading) known.set(key, value)
        return value
      })
      .finally(() => {
        if (underWay.get(key) === reading) underWay.delete(key)
      })
    underWay.set(key, reading)
    return reading
  }

  return {
    get(key) {
      const held = known.get(key)
      if (held !== undefined) {
        hits++
        return held
      }
      misses++
      return underWay.get(key) ?? start(key)
    },
    forget(key) {
      known.delete(key)
      underWay.delete(key)
    },
    forgetAll() {
      known.clear()
      underWay.clear()
    },
    get size() {
      return known.size
    },
    get hits() {
      return hits
    },
    get misses() {
      return misses
    },
  }
}
