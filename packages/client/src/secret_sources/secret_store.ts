/** Keeps what a secret store gave: for a while without asking, and for longer while the store is away. */
import { type Clock, systemClock } from '@credence/protocol'
import { type Sleep, systemSleep, withDeadline } from '../requests/deadline.ts'
import { TokenError } from '../token_error.ts'
import type { Secret, SecretStore } from './secret_source.ts'

/** How long what a store gave is kept. */
export interface SecretStoreOptions {
  /** The store is asked again after this long. Default: 300. 0: at every token request. */
  readonly reloadAfterSeconds?: number | undefined
  /** While the store cannot be read, what it gave last is used for this long at most. Default: 86,400. */
  readonly keepForSeconds?: number | undefined
  /** How long one read may take, in milliseconds. Default: 5,000. */
  readonly timeoutMs?: number | undefined
  /** For tests: time and waiting. */
  readonly clock?: Clock | undefined
  readonly sleep?: Sleep | undefined
}

/** After a failure the store is left alone this long, while there is something to use. */
const failurePauseMs = 30_000

/**
 * Makes a store of a read: cached, one read for any number of callers, and what was read last kept while reads fail.
 *
 * @param read gets a signal that fires when its time is up; what it throws is passed on where it is a TokenError, which holds no
 *   secret, and named by its kind otherwise
 * @throws {TokenError} `invalid_configuration` for a number out of range
 */
export const createSecretStore = (
  read: (signal: AbortSignal) => Promise<Secret>,
  options: SecretStoreOptions = {},
): SecretStore => {
  const { clock = systemClock, sleep = systemSleep } = options
  const reloadAfterMs = 1000 * inRange('reloadAfterSeconds', options.reloadAfterSeconds ?? 300, [0, 86_400])
  const keepForMs = 1000 * inRange('keepForSeconds', options.keepForSeconds ?? 86_400, [0, 31_536_000])
  const timeoutMs = inRange('timeoutMs', options.timeoutMs ?? 5_000, [1, 600_000])
  const closing = new AbortController().signal
  let held: { readonly secret: Secret; readonly readAtMs: number } | undefined
  let inFlight: Promise<Secret> | undefined
  let notBeforeMs = 0

  const readOnce = async (): Promise<Secret> => {
    const readAtMs = clock.monotonicMs()
    try {
      const secret = await withDeadline({ timeoutMs, sleep, closing }, read)
      held = { secret, readAtMs }
      notBeforeMs = 0
      return secret
    } catch (error) {
      notBeforeMs = clock.monotonicMs() + failurePauseMs
      throw toUnavailable(error, timeoutMs)
    } finally {
      inFlight = undefined
    }
  }

  const start = (): Promise<Secret> => {
    inFlight ??= readOnce()
    return inFlight
  }

  return {
    get: async () => {
      if (held === undefined) return start()
      const now = clock.monotonicMs()
      const last = held
      if (now - last.readAtMs < reloadAfterMs) return last.secret
      const isUsable = now - last.readAtMs < keepForMs
      if (isUsable && now < notBeforeMs) return last.secret
      return start().catch((error: unknown) => {
        if (!isUsable) throw error
        return last.secret
      })
    },
    reload: start,
  }
}

const toUnavailable = (error: unknown, timeoutMs: number): TokenError => {
  if (error instanceof TokenError) {
    if (error.code === 'credential_unavailable' || error.code === 'invalid_configuration') return error
    const what = error.code === 'timeout' ? `no answer within ${timeoutMs} ms` : error.message
    return new TokenError('credential_unavailable', `the source of the client secret failed: ${what}`)
  }
  const kind = error instanceof Error ? error.constructor.name : typeof error
  return new TokenError('credential_unavailable', `the source of the client secret failed: ${kind}`)
}

export const inRange = (name: string, value: number, [least, most]: readonly [number, number]): number => {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new TokenError('invalid_configuration', `${name} must be a whole number from ${least} to ${most}`)
  }
  return value
}
