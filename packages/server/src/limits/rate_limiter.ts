/** Token buckets by key, each of them a single time: the Generic Cell Rate Algorithm, ITU-T I.371 Annex A. */
import type { Clock } from '@credence/protocol'
import { createTwoGenerationCache } from '../directory/two_generation_cache.ts'

export interface RateLimiter {
  /**
   * Takes one if there is one. A bucket holds a minute's worth and fills evenly, so that in any time there are at most
   * `perMinute` × minutes + `perMinute`.
   *
   * @returns 0, or the milliseconds until there is one; then none has been taken
   */
  take(key: string, perMinute: number): number
}

export interface RateLimiterOptions {
  readonly clock: Clock
  /** How many keys are remembered; a bucket that has been forgotten is a full one. */
  readonly capacity: number
}

const minuteMs = 60_000

/** What is left by rounding is no wait. */
const precisionMs = 0.001

export const createRateLimiter = ({ clock, capacity }: RateLimiterOptions): RateLimiter => {
  const buckets = createTwoGenerationCache<{ fullAtMs: number }>(capacity)
  return {
    take(key, perMinute) {
      const nowMs = clock.monotonicMs()
      const bucket = buckets.get(key)
      // each one taken defers by this much when the bucket is full again; an empty one takes a minute
      const fullAtMs = Math.max(bucket?.fullAtMs ?? nowMs, nowMs) + minuteMs / perMinute
      const waitMs = fullAtMs - nowMs - minuteMs
      if (waitMs > precisionMs) return waitMs
      if (bucket === undefined) buckets.set(key, { fullAtMs })
      else bucket.fullAtMs = fullAtMs
      return 0
    },
  }
}

/** A Retry-After header: whole seconds, at least one. RFC 9110 §10.2.3. */
export const retryAfter = (waitMs: number) => ({ 'Retry-After': `${Math.max(1, Math.ceil(waitMs / 1000))}` })
