/** Rounds over several servers in turn (A B C, A B C, …), so that whatever slows the machine down slows all of them down. */
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { LoadOptions, LoadResult } from './load.ts'
import { cpuSecondsOf, generatorCore, spawnNode } from './processes.ts'

const load = fileURLToPath(new URL('load.ts', import.meta.url))

/** Runs the load generator once, in its own process on its own core. */
export const runLoad = async (options: LoadOptions): Promise<LoadResult> => {
  const child = spawnNode(generatorCore, [load])
  child.stdin?.end(JSON.stringify(options))
  if (child.stdout === null) throw new TypeError('the load generator has no standard output')
  return (await json(child.stdout)) as LoadResult
}

export interface Plan {
  readonly rounds: number
  readonly seconds: number
  /**
   * Before every measurement, not once: a server that has been idle for as long as the others take has lost its optimized
   * code (V8: "embedded weak objects cleared", when no request or connection is alive), and takes seconds to make it again.
   */
  readonly warmUpSeconds: number
}

export const fullPlan: Plan = { rounds: 5, seconds: 4, warmUpSeconds: 6 }

/** What a note says of how the rates came about. */
export const describePlan = ({ rounds, seconds, warmUpSeconds }: Plan): string =>
  `${rounds} rounds of ${seconds} s in turn, each after ${warmUpSeconds} s of warming up; medians; no request failed.`

/** A server under load. */
export interface Target extends Omit<LoadOptions, 'seconds'> {
  readonly name: string
  readonly pid: number
}

export interface Measured extends LoadResult {
  /** Tokens for one second of the server's CPU: what neighbours on the machine change least. */
  readonly tokensPerCpuSecond: number
}

/**
 * Measures all targets in every round, each right after warming it up. Returns the medians by name.
 *
 * @throws when a single request fails: a rate with errors in it says nothing.
 */
export const measureInTurn = async (targets: readonly Target[], plan: Plan): Promise<Map<string, Measured>> => {
  const results = new Map<string, Measured[]>(targets.map(({ name }) => [name, []]))
  for (let round = 1; round <= plan.rounds; round++) {
    for (const target of targets) {
      await runLoad({ ...target, seconds: plan.warmUpSeconds })
      const result = await measure(target, plan.seconds)
      if (result.failures > 0) throw new Error(`${target.name}: ${result.failures} requests failed`)
      console.log(`round ${round}  ${target.name}  ${Math.round(result.tokensPerSecond)}/s  p99 ${result.p99Ms} ms`)
      results.get(target.name)?.push(result)
    }
  }
  return new Map([...results].map(([name, all]) => [name, medianResult(all)]))
}

export interface Comparison {
  /** The rate of the one in units of the other's: the median, and the range, of all pairs. */
  readonly ratio: number
  readonly least: number
  readonly most: number
  readonly pairs: number
}

/**
 * Measures two servers right after each other, over and over: what keeps the machine busy for a minute moves the rates of a
 * table, whose rows are a minute apart, and hardly this ratio.
 *
 * @throws when a single request fails.
 */
export const compareInPairs = async (one: Target, other: Target, plan: Plan): Promise<Comparison> => {
  const rate = async (target: Target): Promise<number> => {
    await runLoad({ ...target, seconds: 1 })
    const { tokensPerSecond, failures } = await runLoad({ ...target, seconds: plan.seconds })
    if (failures > 0) throw new Error(`${target.name}: ${failures} requests failed`)
    return tokensPerSecond
  }
  for (const target of [one, other]) await runLoad({ ...target, seconds: plan.warmUpSeconds })
  const ratios: number[] = []
  for (let pair = 1; pair <= 2 * plan.rounds; pair++) {
    ratios.push((await rate(one)) / (await rate(other)))
    console.log(`pair ${pair}  ${one.name}, of ${other.name}  ${ratios.at(-1)?.toFixed(2)}`)
  }
  return { ratio: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios), pairs: ratios.length }
}

const measure = async (target: Target, seconds: number): Promise<Measured> => {
  const before = cpuSecondsOf(target.pid)
  const result = await runLoad({ ...target, seconds })
  return { ...result, tokensPerCpuSecond: (result.tokensPerSecond * seconds) / (cpuSecondsOf(target.pid) - before) }
}

const medianResult = (results: readonly Measured[]): Measured => ({
  tokensPerSecond: median(results.map((result) => result.tokensPerSecond)),
  tokensPerCpuSecond: median(results.map((result) => result.tokensPerCpuSecond)),
  p99Ms: median(results.map((result) => result.p99Ms)),
  failures: 0,
  generatorCpu: median(results.map((result) => result.generatorCpu)),
})

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2
}
