/** Randomness that is the same in every run: SHA-256 over a seed and a counter. Never for anything but tests. */
import { createHash } from 'node:crypto'
import type { Randomness } from '@credence/protocol'

/** Two with the same seed give the same bytes in the same order. */
export const createSeededRandomness = (seed: string): Randomness => {
  let counter = 0
  let pool = Buffer.alloc(0)
  return {
    bytes: (length) => {
      while (pool.length < length) {
        pool = Buffer.concat([pool, createHash('sha256').update(`${seed}\n${counter++}`).digest()])
      }
      const drawn = Uint8Array.from(pool.subarray(0, length))
      pool = pool.subarray(length)
      return drawn
    },
  }
}

/** A UUID of version 4, from the bytes given. RFC 9562 §5.4. */
export const createUuid = (randomness: Randomness): string => {
  const bytes = Buffer.from(randomness.bytes(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
