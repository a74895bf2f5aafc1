/** What a test may have the server do wrong, how often, and at which endpoint. */
import type { EndpointName } from './recorded_requests.ts'

/** Give exactly one of `status`, `slowMs`, `garbage`, `html`, `cutConnection`, `hang`. */
export interface FaultOptions {
  /** 400 to 599, with an error document, and with `Retry-After` where `retryAfter` says so. */
  readonly status?: number | undefined
  /** Seconds, or an HTTP date. With `status` only. */
  readonly retryAfter?: number | string | undefined
  /** Answers as it should, this much later: 1 to 60,000 milliseconds of real time. */
  readonly slowMs?: number | undefined
  /** 200 and bytes that are no JSON. */
  readonly garbage?: true | undefined
  /** 200 and a web page, as a captive portal or a proxy has it. */
  readonly html?: true | undefined
  /** Half an answer, and the connection is gone. */
  readonly cutConnection?: true | undefined
  /** No answer at all, until the client gives up or the server is closed. */
  readonly hang?: true | undefined
  /** Default: `token`. */
  readonly at?: EndpointName | undefined
  /** How many requests it strikes, one after the other: 1 to 1,000,000. Default: 1. */
  readonly times?: number | undefined
}

export interface Fault {
  /** How many requests it will still strike. */
  readonly remaining: number
  readonly cancel: () => void
}

export type FaultKind = 'status' | 'slowMs' | 'garbage' | 'html' | 'cutConnection' | 'hang'

export interface StruckFault extends FaultOptions {
  readonly kind: FaultKind
}

export interface Faults {
  /** @throws {TypeError} or {RangeError} when it is no fault */
  readonly add: (options: FaultOptions) => Fault
  /** The fault for a request to this endpoint, used up once; those added first come first. */
  readonly next: (at: EndpointName | undefined) => StruckFault | undefined
}

const kinds: readonly FaultKind[] = ['status', 'slowMs', 'garbage', 'html', 'cutConnection', 'hang']
const maxFaults = 100
const maxTimes = 1_000_000
const maxSlowMs = 60_000

export const createFaults = (): Faults => {
  const pending: { readonly struck: StruckFault; remaining: number }[] = []
  return {
    add: (options) => {
      const struck = { ...options, kind: checkFault(options) }
      if (pending.length >= maxFaults) throw new RangeError(`at most ${maxFaults} faults wait at once: cancel some`)
      const entry = { struck, remaining: inRange('times', options.times ?? 1, [1, maxTimes]) }
      pending.push(entry)
      return {
        get remaining() {
          return entry.remaining
        },
        cancel: () => {
          entry.remaining = 0
          if (pending.includes(entry)) pending.splice(pending.indexOf(entry), 1)
        },
      }
    },
    next: (at) => {
      const found = pending.findIndex(({ struck }) => (struck.at ?? 'token') === at)
      const entry = pending[found]
      if (entry === undefined) return undefined
      if (--entry.remaining === 0) pending.splice(found, 1)
      return entry.struck
    },
  }
}

const checkFault = (options: FaultOptions): FaultKind => {
  const given = kinds.filter((kind) => options[kind] !== undefined)
  const [kind] = given
  if (kind === undefined || given.length > 1) throw new TypeError(`a fault is exactly one of ${kinds.join(', ')}`)
  if (options.status !== undefined) inRange('status', options.status, [400, 599])
  if (options.slowMs !== undefined) inRange('slowMs', options.slowMs, [1, maxSlowMs])
  if (options.retryAfter !== undefined && kind !== 'status') throw new TypeError('retryAfter goes with status only')
  return kind
}

const inRange = (name: string, value: number, [least, most]: readonly [number, number]): number => {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${name} must be a whole number from ${least} to ${most}`)
  }
  return value
}
