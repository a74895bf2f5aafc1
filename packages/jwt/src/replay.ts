/** Remembering what may be used once, until it could not be used anyway. RFC 9449 §11.1, RFC 7523 §3. */
import { hash } from 'node:crypto'
import { type Clock, systemClock } from '@credence/protocol'

/** Where claims are kept. A store that several processes share makes a proof good once for all of them. */
export interface ReplayStore {
  /**
   * Claims a key, in ONE atomic step: of any number of calls with the same key, at whatever time and in whatever process,
   * one is answered with true.
   *
   * @param key of fixed length, with nothing secret in it
   * @param expiresAtEpochSeconds from then on the key may be forgotten
   * @returns whether the key was free
   * @throws when nobody can say; whatever it is, nothing is accepted then
   */
  claim(key: string, expiresAtEpochSeconds: number): boolean | Promise<boolean>
}

/** The key of a one-time value: of whose it is (a `jkt`, an `iss`) and its `jti`. SHA-256, base64url. */
export const replayKey = (owner: string, jti: string): string =>
  // with its length, so that no two pairs are one text
  hash('sha256', `${owner.length}:${owner}${jti}`, 'base64url')

/** Thrown by a memory store that is full. */
export class ReplayStoreFull extends Error {
  override readonly name = 'ReplayStoreFull'

  constructor(maxEntries: number) {
    super(`${maxEntries} one-time values are in use, and none of them may be forgotten yet`)
  }
}

export interface MemoryReplayStoreOptions {
  /** 500,000 unless given, which is some 50 MB of heap when it is full. */
  readonly maxEntries?: number
  readonly clock?: Clock
}

export interface MemoryReplayStore extends ReplayStore {
  claim(key: string, expiresAtEpochSeconds: number): boolean
  readonly size: number
}

export const defaultMaxReplayEntries = 500_000

/**
 * A store in this process. It is empty after a restart, and knows nothing of other processes.
 *
 * Full of entries that live, it throws {@link ReplayStoreFull}: to forget one of them instead would let whoever can fill it
 * use an old proof again. Each claim forgets what has expired since the one before.
 *
 * @throws {RangeError} when maxEntries is not a positive integer.
 */
export const createMemoryReplayStore = ({
  maxEntries = defaultMaxReplayEntries,
  clock = systemClock,
}: MemoryReplayStoreOptions = {}): MemoryReplayStore => {
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) throw new RangeError('maxEntries must be a positive integer')
  const claimed = new Set<string>()
  /** Keys by the second in which they expire. */
  const expiring = new Map<number, string[]>()
  let sweptAt: number | undefined

  const forgetExpired = (now: number): void => {
    if (now === sweptAt) return
    sweptAt = now
    for (const [expiresAt, keys] of expiring) {
      if (expiresAt > now) continue
      for (const key of keys) claimed.delete(key)
      expiring.delete(expiresAt)
    }
  }

  return {
    get size() {
      return claimed.size
    },
    claim: (key, expiresAtEpochSeconds) => {
      forgetExpired(clock.epochSeconds())
      if (claimed.has(key)) return false
      if (claimed.size >= maxEntries) throw new ReplayStoreFull(maxEntries)
      claimed.add(key)
      const expiresAt = Math.ceil(expiresAtEpochSeconds)
      const together = expiring.get(expiresAt)
      if (together === undefined) expiring.set(expiresAt, [key])
      else together.push(key)
      return true
    },
  }
}
