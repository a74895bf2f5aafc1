/** Token ids: 128 random bits each, drawn from the system's source some hundred at a time. RFC 7519 §4.1.7. */
import type { Randomness } from '@credence/protocol'

const idLength = 16
const idsPerDraw = 256

/** "The identifier value MUST be assigned in a manner that ensures that there is a negligible probability" of a collision. */
export const createTokenIds = (randomness: Randomness): (() => string) => {
  let pool = Buffer.alloc(0)
  let next = 0
  return () => {
    if (next >= pool.length) {
      pool = Buffer.from(randomness.bytes(idLength * idsPerDraw))
      next = 0
    }
    next += idLength
    return pool.toString('base64url', next - idLength, next)
  }
}
