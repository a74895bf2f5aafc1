/** A token as text, for other processes: what it is, when it was asked for by the authorization server's clock, how long it lives. */
import type { Clock } from '@credence/protocol'
import { AccessToken, type IssuedToken } from '../access_token.ts'

export interface EntryClock {
  readonly clock: Clock
  readonly skewSeconds: () => number
}

/** Two clocks of whole seconds can be off by this. */
const roundingSeconds = 2
/** An entry from further in the future tells that this machine's clock cannot judge it. */
const toleranceSeconds = 60

export const writeEntry = ({ token, requestedAt, lifetimeSeconds }: IssuedToken, { skewSeconds }: EntryClock): string =>
  JSON.stringify({
    accessToken: token.accessToken,
    tokenType: token.tokenType,
    scope: token.scope,
    requestedAt: requestedAt + skewSeconds(),
    lifetimeSeconds,
  })

/** The token, its age by this machine's clocks; undefined where the text is none, or the token is not valid now. */
export const readEntry = (text: string, { clock, skewSeconds }: EntryClock): IssuedToken | undefined => {
  const entry = parseEntry(text)
  if (entry === undefined) return undefined
  const now = clock.epochSeconds()
  const age = now + skewSeconds() - entry.requestedAt
  if (age < -toleranceSeconds || age >= entry.lifetimeSeconds - roundingSeconds) return undefined
  const ageSeconds = Math.max(0, age)
  const requestedAt = now - ageSeconds
  return {
    token: new AccessToken(entry.accessToken, requestedAt + entry.lifetimeSeconds, entry.scope, entry.tokenType),
    requestedAt,
    requestedAtMs: clock.monotonicMs() - ageSeconds * 1000,
    lifetimeSeconds: entry.lifetimeSeconds,
  }
}

/** Seconds since the token was asked for. */
export const ageOf = ({ requestedAt }: IssuedToken, { clock }: EntryClock): number => clock.epochSeconds() - requestedAt

const parseEntry = (text: string) => {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null) return undefined
  const { accessToken, tokenType, scope, requestedAt, lifetimeSeconds } = value as Readonly<Record<string, unknown>>
  if (typeof accessToken !== 'string' || !/^[\x21-\x7e]+$/.test(accessToken)) return undefined
  if (tokenType !== 'Bearer' && tokenType !== 'DPoP') return undefined
  if (scope !== undefined && typeof scope !== 'string') return undefined
  if (!isSeconds(requestedAt) || !isSeconds(lifetimeSeconds)) return undefined
  return { accessToken, tokenType, scope, requestedAt, lifetimeSeconds } as const
}

const isSeconds = (value: unknown): value is number => Number.isSafeInteger(value)

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
