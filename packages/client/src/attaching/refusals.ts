/** Which refusals a new token may mend: an API that refuses that one as well does not make every call ask for another. RFC 6750 §3.1. */
import type { Clock } from '@credence/protocol'

export interface Refusals {
  /** Whether a token that this origin has refused is worth replacing. */
  readonly isWorthRenewal: (origin: string, accessToken: string) => boolean
}

interface Replaced {
  readonly accessToken: string
  readonly atMs: number
  /** For so long the token in its place is not replaced in turn. */
  readonly pauseMs: number
}

const firstPauseMs = 1_000
const longestPauseMs = 30_000
/** Those that refused first are forgotten first. */
const maxOrigins = 100

/** After one replacement the next waits for 1 s, then 2 s, up to 30 s while the refusals go on. */
export const createRefusals = (clock: Clock): Refusals => {
  const replaced = new Map<string, Replaced>()

  const note = (origin: string, entry: Replaced) => {
    replaced.delete(origin)
    const [oldest] = replaced.keys()
    if (replaced.size >= maxOrigins && oldest !== undefined) replaced.delete(oldest)
    replaced.set(origin, entry)
  }

  return {
    isWorthRenewal: (origin, accessToken) => {
      const last = replaced.get(origin)
      // many callers refused with one token have the new one in common
      if (last?.accessToken === accessToken) return true
      const atMs = clock.monotonicMs()
      const sinceMs = last === undefined ? Number.POSITIVE_INFINITY : atMs - last.atMs
      if (last !== undefined && sinceMs < last.pauseMs) return false
      const goesOn = last !== undefined && sinceMs < 2 * last.pauseMs
      note(origin, { accessToken, atMs, pauseMs: goesOn ? Math.min(longestPauseMs, 2 * last.pauseMs) : firstPauseMs })
      return true
    },
  }
}
