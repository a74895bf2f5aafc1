/** How long an issuer that is too busy to answer asks to be left alone. RFC 9110 §10.2.3, RFC 6585 §4. */
import { UnexpectedStatus } from '@credence/jwt'
import type { Clock } from '@credence/protocol'

const minSeconds = 1
/** Whatever the issuer says, callers come back within a minute, since by then the token may have been answered for. */
const maxSeconds = 60

/**
 * The seconds that callers of this resource server are asked to wait, 1 to 60; undefined when the issuer named no time,
 * or failed otherwise than with 429 or 503.
 *
 * @param failure what a guarded request threw
 */
export const retryAfterOf = (failure: unknown, clock: Clock): number | undefined => {
  const answered = failure instanceof Error ? failure.cause : undefined
  if (!(answered instanceof UnexpectedStatus)) return undefined
  const { status, retryAfter, date } = answered
  if ((status !== 429 && status !== 503) || retryAfter === undefined) return undefined
  const seconds = secondsUntil(retryAfter, parseHttpDate(date ?? '') ?? clock.epochSeconds())
  return seconds === undefined ? undefined : Math.min(maxSeconds, Math.max(minSeconds, Math.ceil(seconds)))
}

/** @param now by the issuer's clock where it says, since a date is by that clock */
const secondsUntil = (value: string, now: number): number | undefined => {
  if (/^\d+$/.test(value)) return Number(value)
  const then = parseHttpDate(value)
  return then === undefined ? undefined : then - now
}

/** "A recipient that parses a timestamp value in an HTTP field MUST accept all three HTTP-date formats." RFC 9110 §5.6.7 */
const formatWithZone = /^[A-Z][a-z]{2,8}, \d\d[ -][A-Z][a-z]{2}[ -](?:\d\d){1,2} \d\d:\d\d:\d\d GMT$/
const asctime = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/

/** Epoch seconds. */
const parseHttpDate = (text: string): number | undefined => {
  const zoned = formatWithZone.test(text) ? text : asctime.test(text) ? `${text} GMT` : ''
  const ms = Date.parse(zoned)
  return Number.isNaN(ms) ? undefined : ms / 1000
}
