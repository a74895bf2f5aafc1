/** Waiting with a bound: a sleep that can be cut short, work that must end in time, a wait that its caller can leave. */
import { TokenError } from '../token_error.ts'

/** Resolves after some milliseconds to true, or to false as soon as the signal fires. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<boolean>

/** Real time. */
export const systemSleep: Sleep = (milliseconds, signal) =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve(false)
    const end = (whole: boolean) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', cut)
      resolve(whole)
    }
    const cut = () => end(false)
    const timer = setTimeout(end, milliseconds, true)
    signal.addEventListener('abort', cut)
  })

export interface Deadline {
  readonly timeoutMs: number
  readonly sleep: Sleep
  /** Fires when the token manager is closed. */
  readonly closing: AbortSignal
}

/**
 * Runs work that ends when the deadline does, whether or not the work heeds its signal.
 *
 * @throws {TokenError} `timeout` or `closed`
 */
export const withDeadline = async <T>(
  { timeoutMs, sleep, closing }: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const stopWork = new AbortController()
  const stopTimer = new AbortController()
  const stopBoth = () => stopTimer.abort()
  closing.addEventListener('abort', stopBoth)
  if (closing.aborted) stopBoth()
  const ended = sleep(timeoutMs, stopTimer.signal).then((): never => {
    throw closing.aborted ? closedError() : new TokenError('timeout', `no complete answer within ${timeoutMs} ms`)
  })
  try {
    return await Promise.race([work(stopWork.signal), ended])
  } finally {
    closing.removeEventListener('abort', stopBoth)
    stopTimer.abort()
    stopWork.abort()
  }
}

/**
 * Waits for a promise that others may wait for as well. The signal ends this wait and nothing else.
 *
 * @throws {TokenError} `aborted`
 */
export const waitFor = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> => {
  if (signal.aborted) return Promise.reject(abortedError(signal))
  return new Promise((resolve, reject) => {
    const leave = () => reject(abortedError(signal))
    const stay = () => signal.removeEventListener('abort', leave)
    signal.addEventListener('abort', leave)
    promise.then(resolve, reject).then(stay)
  })
}

export const closedError = (): TokenError => new TokenError('closed', 'the token manager was closed')

const abortedError = (signal: AbortSignal) =>
  new TokenError('aborted', 'the caller stopped waiting for a token', { cause: signal.reason })
