/** Asks every library every case, each time with empty caches and a key set of its own. */
import type { Case } from './cases.ts'
import type { Contender } from './contender.ts'
import { answerWith, type KeyServer } from './key_server.ts'
import { onMovedClock } from './machine_clock.ts'

/** `not offered` where the case needs what the library does not claim to do. */
export type Verdict = 'accepts' | 'refuses' | 'not offered'

export interface Row {
  readonly asked: Case
  /** By the name of the library. */
  readonly verdicts: ReadonlyMap<string, Verdict>
}

export const isRight = ({ must }: Case, verdict: Verdict): boolean => verdict === `${must}s`

/** Longer than any library here waits for anything, but for those that wait without end. */
export const patienceMs = 7_000

/** Whether the work succeeds in time; a failure, of whatever kind, and no answer are both a no. */
export const succeeds = async (work: Promise<unknown>): Promise<boolean> => {
  const { promise: impatience, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(resolve, patienceMs, false)
  const outcome = work.then(
    () => true,
    () => false,
  )
  return await Promise.race([outcome, impatience]).finally(() => clearTimeout(timer))
}

/** One after the other, since a case may move the clock. */
export const runCases = async (cases: readonly Case[], contenders: readonly Contender[], server: KeyServer) => {
  const rows: Row[] = []
  for (const asked of cases) {
    const verdicts = new Map<string, Verdict>()
    for (const contender of contenders) verdicts.set(contender.name, await judge(asked, contender, server))
    rows.push({ asked, verdicts })
  }
  return rows
}

const judge = async (asked: Case, { open, notOffered }: Contender, server: KeyServer): Promise<Verdict> => {
  if (asked.needs !== undefined && notOffered[asked.needs] !== undefined) return 'not offered'
  const served = server.serve(answerWith(asked.keys))
  const { jwksUri } = served
  const { revokedJtis } = asked
  return await onMovedClock(async (advance) => {
    const verifier = open({ jwksUri, ...(revokedJtis && { revokedJtis }) })
    return (await succeeds(asked.ask(verifier, { served, advance }))) ? 'accepts' : 'refuses'
  })
}
