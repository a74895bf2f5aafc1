/** Looking for what must be found nowhere, in every spelling under which it could have been written. */
import assert from 'node:assert/strict'

export interface Canary {
  readonly title: string
  /** Texts or bytes of at least {@link shortest}. One of them, in any spelling, is enough. */
  readonly secrets: readonly (string | Uint8Array)[]
  /** sealed: what the database keeps of a secret. public: no secret, and a proof that the search finds what is there. */
  readonly kind: 'secret' | 'sealed' | 'public'
}

export interface Place {
  readonly name: string
  /** said: logs, answers, audit records. stored: files. */
  readonly kind: 'said' | 'stored'
  readonly bytes: Uint8Array
}

/** Less is found by accident. */
const shortest = 16

/** So much of the beginning is looked for: PostgreSQL cuts what it quotes of a row after 64 characters. */
const longest = 24

/** Raw, hexadecimal, base64 and base64url; these two also from the second and third byte on, for what stands in something longer. */
export const spellings = (secret: string | Uint8Array): readonly Buffer[] => {
  const raw = Buffer.from(secret).subarray(0, longest)
  const groups = [0, 1, 2].map((start) => raw.subarray(start, raw.length - ((raw.length - start) % 3)))
  const texts = [
    raw.toString('hex'),
    raw.toString('hex').toUpperCase(),
    ...groups.flatMap((bytes) => [bytes.toString('base64'), bytes.toString('base64url')]),
  ]
  return [raw, ...texts.map((text) => Buffer.from(text))]
}

/** In which places each canary stands, by its title. One pass over the bytes for all of them: a database is large. */
export const findCanaries = (
  canaries: readonly Canary[],
  places: readonly Place[],
): ReadonlyMap<string, ReadonlySet<Place>> => {
  const needles = needlesOf(canaries)
  const isStart = new Uint8Array(2 ** 16)
  for (const start of needles.keys()) isStart[start] = 1
  const found = new Map(canaries.map(({ title }) => [title, new Set<Place>()]))
  for (const place of places) {
    let start = 0
    for (const [index, byte] of place.bytes.entries()) {
      start = ((start & 0xff) << 8) | byte
      if (index === 0 || isStart[start] !== 1) continue
      for (const { title, bytes } of needles.get(start) ?? [])
        if (bytes.equals(place.bytes.subarray(index - 1, index - 1 + bytes.length))) found.get(title)?.add(place)
    }
  }
  return found
}

interface Needle {
  readonly title: string
  readonly bytes: Buffer
}

/** By their first two bytes. */
const needlesOf = (canaries: readonly Canary[]): ReadonlyMap<number, readonly Needle[]> => {
  const needles = canaries.flatMap(({ title, secrets }) =>
    secrets.flatMap(spellings).map((bytes): Needle => {
      assert.ok(bytes.length >= shortest, `${title} is too short to be looked for`)
      return { title, bytes }
    }),
  )
  return Map.groupBy(needles, ({ bytes }) => bytes.readUInt16BE(0))
}
