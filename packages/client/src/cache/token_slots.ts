/** The tokens of one manager, one slot per target, bounded, and found without reading the same options twice. */
import type { TokenSlot } from './token_slot.ts'
import { createTarget, overrideParameters, type TokenParameters, type TokenTarget } from './token_target.ts'

export interface TokenSlotsOptions {
  readonly defaults: TokenParameters
  readonly maxSlots: number
  readonly createSlot: (target: TokenTarget) => TokenSlot
}

export interface TokenSlots {
  /** @throws {TokenError} when what is given is malformed; see {@link createTarget} */
  readonly find: (given: TokenParameters) => TokenSlot
  readonly all: () => Iterable<TokenSlot>
  readonly clear: () => void
}

interface Entry {
  readonly slot: TokenSlot
  /** Since its turn to be dropped came last. */
  isUsed: boolean
}

/**
 * Over the bound, the slots are looked at in the order they were made: one that was used since its last turn goes to the end,
 * the first that was not is dropped. That is near enough to the least recently used, and a hit writes one boolean.
 */
export const createTokenSlots = ({ defaults, maxSlots, createSlot }: TokenSlotsOptions): TokenSlots => {
  const entries = new Map<string, Entry>()
  const memo = createMemo<Entry>(maxSlots)

  const dropOne = () => {
    for (const [key, entry] of entries) {
      entries.delete(key)
      if (!entry.isUsed) break
      entry.isUsed = false
      entries.set(key, entry)
    }
    memo.clear()
  }

  const findByKey = (given: TokenParameters): Entry => {
    const target = createTarget(overrideParameters(defaults, given))
    const found = entries.get(target.key)
    if (found !== undefined) {
      found.isUsed = true
      return found
    }
    if (entries.size >= maxSlots) dropOne()
    const entry: Entry = { slot: createSlot(target), isUsed: false }
    entries.set(target.key, entry)
    return entry
  }

  return {
    find: (given) => {
      const known = memo.get(given)
      if (known === undefined) {
        const entry = findByKey(given)
        memo.set(given, entry)
        return entry.slot
      }
      known.isUsed = true
      return known.slot
    },
    *all() {
      for (const { slot } of entries.values()) yield slot
    },
    clear: () => {
      entries.clear()
      memo.clear()
    },
  }
}

type Level<T> = Map<unknown, T>

/** From option values as they were given to what they stand for. Lists and objects are not kept: they can change. */
const createMemo = <T>(maxEntries: number) => {
  const scopes: Level<Level<Level<T>>> = new Map()
  let size = 0
  const isKept = ({ scope, resource, parameters }: TokenParameters) =>
    typeof scope !== 'object' && typeof resource !== 'object' && parameters === undefined
  const clear = () => {
    scopes.clear()
    size = 0
  }
  return {
    clear,
    get: (given: TokenParameters): T | undefined =>
      isKept(given) ? scopes.get(given.scope)?.get(given.audience)?.get(given.resource) : undefined,
    set: (given: TokenParameters, value: T) => {
      if (!isKept(given)) return
      if (size >= maxEntries) clear()
      const audiences = scopes.get(given.scope) ?? new Map<unknown, Level<T>>()
      const resources = audiences.get(given.audience) ?? new Map<unknown, T>()
      scopes.set(given.scope, audiences.set(given.audience, resources.set(given.resource, value)))
      size++
    },
  }
}
