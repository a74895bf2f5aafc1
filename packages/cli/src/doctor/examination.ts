/** Runs checks at once as far as they do not build on each other, each to its end or to the end of the time there is. */
import type { CheckName } from './check_names.ts'
import { type CheckResult, type Found, fail, Skipped } from './finding.ts'

export interface Step<T> {
  readonly check: CheckName
  /** Never rejects. */
  readonly result: Promise<CheckResult>
  /** Undefined when the check did not come to one. Never rejects. */
  readonly value: Promise<T | undefined>
}

export interface Examination {
  /** Starts a check now. */
  readonly start: <T>(check: CheckName, work: () => Promise<Found<T>>) => Step<T>
  /** Starts work that several checks build on and that is none itself. It may end in {@link Skipped}. */
  readonly prepare: <T>(work: () => Promise<T>) => Promise<T>
  /** For requests: fires when the time is over. */
  readonly signal: AbortSignal
  /** In the order in which they were started. */
  readonly steps: readonly Step<unknown>[]
  /** Lets the process end. */
  readonly end: () => void
}

/** A document of the provider's may hold anything. */
const maxLength = 600

/** The longest that all checks together take. */
const wholeTimeMs = 25_000

export const createExamination = (timeMs: number = wholeTimeMs): Examination => {
  const controller = new AbortController()
  const { promise: timeIsOver, resolve: endTime } = Promise.withResolvers<void>()
  const timer = setTimeout(() => {
    controller.abort()
    endTime()
  }, timeMs)
  const steps: Step<unknown>[] = []

  const start = <T>(check: CheckName, work: () => Promise<Found<T>>): Step<T> => {
    const late = timeIsOver.then((): Found<T> => tooLate(timeMs))
    const found = Promise.race([work().catch(explain<T>), late])
    const step = {
      check,
      result: found.then(({ value: _, ...finding }) => ({
        check,
        ...finding,
        found: finding.found.slice(0, maxLength),
      })),
      value: found.then(({ value }) => value),
    }
    steps.push(step)
    return step
  }

  const prepare = <T>(work: () => Promise<T>): Promise<T> => {
    const prepared = work()
    // those who build on it come for it later
    prepared.catch(() => undefined)
    return prepared
  }

  return { start, prepare, signal: controller.signal, steps, end: () => clearTimeout(timer) }
}

/** What a check builds on. @throws {Skipped} when that one did not come to anything */
export const need = async <T>({ check, value }: Step<T>): Promise<T> => {
  const found = await value
  if (found === undefined) throw new Skipped('needs_another', `${check} came to nothing`)
  return found
}

const explain = <T>(error: unknown): Found<T> => {
  if (error instanceof Skipped) return { status: 'skipped', code: error.code, found: error.message }
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: 'failed' }
  return fail({
    code: 'internal',
    found: `${name}: ${message}`,
    advice: 'this is a fault of credence doctor: report it',
  })
}

const tooLate = <T>(timeMs: number): Found<T> =>
  fail({
    code: 'timeout',
    found: `not done within ${timeMs / 1000} s, all checks together`,
    advice: 'something answers very slowly: look at the network between here and the provider',
  })
