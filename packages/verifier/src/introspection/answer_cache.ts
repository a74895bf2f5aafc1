/** Answers of an issuer, for as long as they may be used again. RFC 7662 §4. */
import type { Clock } from '@credence/protocol'
import type { IntrospectionAnswer } from './introspection_answer.ts'

/** Long enough that garbage sent again and again costs the issuer next to nothing. */
export const inactiveSeconds = 5
const maxAnswers = 10_000

interface Entry {
  readonly answer: IntrospectionAnswer
  readonly untilMs: number
}

export interface AnswerCache {
  get(key: string): { readonly answer: IntrospectionAnswer } | undefined
  set(key: string, answer: IntrospectionAnswer): void
}

/**
 * A cache of at most 10,000 answers, in two generations: when the young one is full the old one is dropped.
 *
 * An active answer is kept for `cacheSeconds` and never beyond its `exp`; an inactive one for {@link inactiveSeconds}.
 *
 * @param clock by the wall for `exp`, monotonic for all else
 */
export const createAnswerCache = (cacheSeconds: number, clock: Clock): AnswerCache => {
  let young = new Map<string, Entry>()
  let old = new Map<string, Entry>()

  const secondsFor = (answer: IntrospectionAnswer): number => {
    if (answer === undefined) return inactiveSeconds
    const { exp } = answer
    return typeof exp === 'number' ? Math.min(cacheSeconds, exp - clock.epochSeconds()) : 0
  }

  return {
    get: (key) => {
      const entry = young.get(key) ?? old.get(key)
      return entry !== undefined && clock.monotonicMs() < entry.untilMs ? entry : undefined
    },
    set: (key, answer) => {
      const seconds = secondsFor(answer)
      if (seconds <= 0) return
      if (young.size >= maxAnswers / 2) {
        old = young
        young = new Map()
      }
      young.set(key, { answer, untilMs: clock.monotonicMs() + seconds * 1000 })
    },
  }
}
