/** The servers that a benchmark compares: started one after another, checked, measured in turn, and stopped. */
import { fileURLToPath } from 'node:url'
import { pidOf, readReady, serverCore, spawnNode, stop } from './processes.ts'
import { formatCount, formatRatio, type Section } from './report.ts'
import { type Measured, measureInTurn, type Plan, type Target } from './rounds.ts'

/** A server that runs and answers the request. */
export interface Contender {
  readonly target: Target
  stop(): Promise<void>
}

/** How many connections ask a contender at once. */
export const connections = 48

export interface RunningServer {
  readonly pid: number
  /** What it says that requests go to. */
  readonly url: string
  /** What it says that its tokens are verified with. */
  readonly keys: unknown
  stop(): Promise<void>
}

/** Starts a file of this folder with its arguments on the server's core, `input` on its standard input, and waits until it says that it is ready. */
export const startServer = async ([file = '', ...args]: readonly string[], input?: string): Promise<RunningServer> => {
  const child = spawnNode(serverCore, [fileURLToPath(new URL(file, import.meta.url)), ...args])
  if (input !== undefined) child.stdin?.end(input)
  const { url, keys } = await readReady(child)
  return { pid: pidOf(child), url: String(url), keys, stop: () => stop(child) }
}

/**
 * Starts all, checks each, and measures them in turn. Returns the medians by name. All are stopped, whatever happens.
 *
 * @throws what starting, the check or a failed request throws.
 */
export const measureContenders = <Started extends Contender>(
  starts: readonly (() => Promise<Started>)[],
  check: (contender: Started) => Promise<void>,
  plan: Plan,
): Promise<ReadonlyMap<string, Measured>> => withContenders(starts, check, (targets) => measureInTurn(targets, plan))

/** The same, with another way to measure them. */
export const withContenders = async <Started extends Contender, Result>(
  starts: readonly (() => Promise<Started>)[],
  check: (contender: Started) => Promise<void>,
  measure: (targets: readonly Target[]) => Promise<Result>,
): Promise<Result> => {
  const contenders: Started[] = []
  try {
    for (const start of starts) contenders.push(await start())
    for (const contender of contenders) await check(contender)
    return await measure(contenders.map(({ target }) => target))
  } finally {
    for (const contender of contenders) await contender.stop()
  }
}

/** The table of rates against a limit in tokens a second; its corner says what is issued, and to whom. */
export const toRateTable = (
  corner: string,
  results: ReadonlyMap<string, Measured>,
  limit: number,
): Pick<Section, 'columns' | 'rows'> => ({
  columns: [corner, 'tokens/s', 'of the limit', 'tokens per CPU second', 'p99 ms', 'CPU of the load generator'],
  rows: [...results].map(([name, result]) => [
    name,
    formatCount(result.tokensPerSecond),
    formatRatio(result.tokensPerSecond / limit),
    formatCount(result.tokensPerCpuSecond),
    String(result.p99Ms),
    formatRatio(result.generatorCpu),
  ]),
})
