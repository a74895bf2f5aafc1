/** Contenders in turn on one core, by the CPU that each takes, so that a neighbour on the machine takes nothing away. */
import { median } from '../rounds.ts'

/** The n-th call of a contender. A promise is waited for. Throws when what it verifies is refused. */
export type Call = (n: number) => unknown

export interface Contender {
  readonly name: string
  /** Calls in a row between two looks at the clock. */
  readonly batch: number
  /** Made anew before every round, and not measured. */
  prepare(): Promise<Call>
}

export interface Row {
  readonly name: string
  /** Calls per second of CPU, the median of the rounds. */
  readonly perSecond: number
  /** Of the first contender. */
  readonly ratioToLimit: number
}

export interface VerifyPlan {
  readonly rounds: number
  /** CPU milliseconds of one contender in one round. */
  readonly roundMs: number
}

const measure = async (call: Call, { batch }: Contender, roundMs: number): Promise<number> => {
  const start = process.cpuUsage()
  let calls = 0
  let cpuMs = 0
  while (cpuMs < roundMs) {
    for (let i = 0; i < batch; i++, calls++) {
      const outcome = call(calls)
      if (outcome instanceof Promise) await outcome
    }
    const { user, system } = process.cpuUsage(start)
    cpuMs = (user + system) / 1000
  }
  return (calls / cpuMs) * 1000
}

/** Every contender in every round; the first contender is the limit. */
export const measureContenders = async (
  contenders: readonly Contender[],
  { rounds, roundMs }: VerifyPlan,
): Promise<readonly Row[]> => {
  const results = contenders.map((): number[] => [])
  // one more round than is counted: the first warms up
  for (let round = 0; round <= rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const perSecond = await measure(await contender.prepare(), contender, roundMs)
      if (round > 0) results[index]?.push(perSecond)
    }
  }
  const medians = results.map(median)
  return contenders.map(({ name }, index) => {
    const perSecond = medians[index] ?? Number.NaN
    return { name, perSecond, ratioToLimit: perSecond / (medians[0] ?? Number.NaN) }
  })
}
