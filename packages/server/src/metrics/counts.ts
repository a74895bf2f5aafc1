/** Counters by label values, kept in maps in one another so that counting makes no string. */

/** Counts by the values of two labels. */
export interface Counts {
  add(first: string, second: string): void
  entries(): readonly (readonly [first: string, second: string, count: number])[]
}

export const createCounts = (): Counts => {
  const counts = new Map<string, Map<string, number>>()
  return {
    add(first, second) {
      const inner = getOrCreate(counts, first, () => new Map<string, number>())
      inner.set(second, (inner.get(second) ?? 0) + 1)
    },
    entries: () =>
      [...counts].flatMap(([first, inner]) => [...inner].map(([second, count]) => [first, second, count] as const)),
  }
}

/** What a map holds for a key, made when it is first asked for. */
export const getOrCreate = <K, V>(map: Map<K, V>, key: K, create: () => V): V => {
  const held = map.get(key)
  if (held !== undefined) return held
  const created = create()
  map.set(key, created)
  return created
}
