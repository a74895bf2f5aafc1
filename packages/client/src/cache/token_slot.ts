/** The life of the token for one target: absent, fresh, due for renewal, expired, refused. */
import type { Clock } from '@credence/protocol'
import type { AccessToken, IssuedToken } from '../access_token.ts'
import { maxPauseMs } from '../requests/pause.ts'
import { TokenError } from '../token_error.ts'

/**
 * Why a token is asked for: there is none that is valid; the one that is held is due for renewal, behind the callers' back; or
 * a caller wants another, whatever is held.
 */
export type TokenNeed = 'absent' | 'due' | 'forced'

export interface TokenSlotOptions {
  readonly request: (need: TokenNeed) => Promise<IssuedToken>
  /** Called by every {@link TokenSlot.get}: was a valid token held? */
  readonly onLookup: (result: 'hit' | 'miss') => void
  readonly clock: Clock
  /** Between 0 and 1, as Math.random. */
  readonly random: () => number
  /** Renewal begins this long before expiry, or a fifth of the lifetime before, whichever is later. */
  readonly expiryBufferSeconds: number
}

export interface TokenSlot {
  /** The token that is held, while it is valid; otherwise that of the request in flight or of a new one. */
  get(): Promise<AccessToken>
  /** A token whose request started after the call. */
  refresh(): Promise<AccessToken>
  /** Forgets the token if it is this one, and says whether it was. */
  invalidate(accessToken: string): boolean
  /** Epoch seconds at which the token that is held and valid is due for renewal. Undefined where there is none. */
  renewalDueAt(): number | undefined
}

interface HeldToken extends IssuedToken {
  /** One promise for all callers, so that handing it out costs nothing. */
  readonly handedOut: Promise<AccessToken>
  readonly renewAfterSeconds: number
}

const bufferFraction = 0.2

/** How long before expiry renewal begins, in seconds. */
export const renewalBuffer = ({ lifetimeSeconds }: IssuedToken, expiryBufferSeconds: number): number =>
  Math.min(expiryBufferSeconds, lifetimeSeconds * bufferFraction)

const firstBackOffMs = 1_000
const maxBackOffMs = 30_000

/**
 * Keeps one token.
 *
 * A token that is due for renewal but valid is handed out while one request runs behind; that request's failure is kept
 * from the caller and delays the next one. A failed request is never remembered as an answer.
 */
export const createTokenSlot = (options: TokenSlotOptions): TokenSlot => {
  const { request, onLookup, clock, random, expiryBufferSeconds } = options
  let held: HeldToken | undefined
  let inFlight: Promise<AccessToken> | undefined
  let inFlightFor: TokenNeed = 'absent'
  let following: Promise<AccessToken> | undefined
  /** Grows with every invalidation: the answer to a request that started before one is not kept. */
  let generation = 0
  let failures = 0
  let renewNotBeforeMs = 0

  const hold = (issued: IssuedToken) => {
    const buffer = renewalBuffer(issued, expiryBufferSeconds)
    // up to a fifth of the buffer later, so that processes that started together do not renew together
    const renewAfterSeconds = issued.lifetimeSeconds - buffer * (1 - 0.2 * random())
    held = { ...issued, renewAfterSeconds, handedOut: Promise.resolve(issued.token) }
    failures = 0
    renewNotBeforeMs = 0
  }

  const backOff = (error: unknown) => {
    const asked = error instanceof TokenError ? Math.min(maxPauseMs, (error.retryAfterSeconds ?? 0) * 1000) : 0
    const jittered = Math.min(maxBackOffMs, firstBackOffMs * 2 ** failures++) * (0.5 + 0.5 * random())
    renewNotBeforeMs = clock.monotonicMs() + Math.max(asked, jittered)
  }

  const start = (need: TokenNeed): Promise<AccessToken> => {
    const startedIn = generation
    const answer = request(need).then((issued) => {
      if (generation === startedIn) hold(issued)
      return issued.token
    })
    const settle = () => {
      if (inFlight === answer) inFlight = undefined
    }
    answer.then(settle, (error: unknown) => {
      settle()
      backOff(error)
    })
    inFlight = answer
    inFlightFor = need
    return answer
  }

  const waitOrStart = (): Promise<AccessToken> => {
    if (inFlight === undefined) return start('absent')
    // made with one attempt, because nobody waited then: who waits now has all of them
    return inFlightFor === 'due' ? inFlight.catch(() => inFlight ?? start('absent')) : inFlight
  }

  /** By whichever clock has moved further: one stands still while the machine sleeps, the other may be set back. */
  const ageSeconds = ({ requestedAt, requestedAtMs }: HeldToken): number =>
    Math.max(clock.epochSeconds() - requestedAt, (clock.monotonicMs() - requestedAtMs) / 1000)

  return {
    get: () => {
      const age = held === undefined ? 0 : ageSeconds(held)
      if (held === undefined || age >= held.lifetimeSeconds) {
        onLookup('miss')
        return waitOrStart()
      }
      onLookup('hit')
      const isDue = age >= held.renewAfterSeconds
      if (isDue && inFlight === undefined && clock.monotonicMs() >= renewNotBeforeMs) start('due')
      return held.handedOut
    },
    refresh: () => {
      if (inFlight === undefined) return start('forced')
      if (following !== undefined) return following
      // The one in flight started before the call. All who call while it runs share the one that comes after it.
      const next = () => {
        if (following === mine) following = undefined
        return inFlight !== undefined && inFlightFor === 'forced' ? inFlight : start('forced')
      }
      const mine = inFlight.then(next, next)
      mine.catch(() => undefined)
      following = mine
      return mine
    },
    invalidate: (accessToken) => {
      if (held?.token.accessToken !== accessToken) return false
      held = undefined
      generation++
      inFlight = undefined
      following = undefined
      return true
    },
    renewalDueAt: () => {
      if (held === undefined || ageSeconds(held) >= held.lifetimeSeconds) return undefined
      return Math.floor(held.requestedAt + held.renewAfterSeconds)
    },
  }
}
