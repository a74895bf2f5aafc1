/** Randomness, injected, and the two kinds of string that Credence makes from it. */

export interface Randomness {
  /** Fresh random bytes from a cryptographically secure source. */
  bytes(length: number): Uint8Array
}

/** The machine's randomness. */
export const systemRandomness: Randomness = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
}

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Uniformly random letters and digits: 43 of them hold 256 bits. */
export const randomBase62 = (length: number, randomness: Randomness): string => {
  let text = ''
  while (text.length < length) {
    for (const byte of randomness.bytes(length * 2)) {
      // 248 = 4 × 62: larger bytes are thrown away, so that every letter is equally likely
      if (byte < 248 && text.length < length) text += base62[byte % 62]
    }
  }
  return text
}

/** How many ids this process has made for the last time it was given. */
let lastEpochMs: number | undefined
let madeThen = 0

/**
 * An opaque, prefixed identifier: `<prefix>_<10 characters of time><16 random>`.
 *
 * Those of one process sort in the order in which they were made, those of several by their time. Times are often whole
 * seconds, so each further id of the same time counts a millisecond on.
 */
export const createId = (prefix: string, epochMs: number, randomness: Randomness): string => {
  madeThen = epochMs === lastEpochMs ? madeThen + 1 : 0
  lastEpochMs = epochMs
  const time = (epochMs + madeThen).toString(32).padStart(10, '0')
  const random = Array.from(randomness.bytes(16), (byte) => (byte & 31).toString(32)).join('')
  return `${prefix}_${time}${random}`
}
