/** Times and lifetimes in words. */
import ms from 'ms'

/** An epoch second as UTC, to the minute; a dash when there is none. */
export const formatTime = (epochSeconds: number | undefined): string =>
  epochSeconds === undefined || epochSeconds === 0
    ? '-'
    : `${new Date(epochSeconds * 1000).toISOString().slice(0, 16).replace('T', ' ')}Z`

/** A lifetime, as it can be given on the command line: 10m. */
export const formatDuration = (seconds: number): string => ms(seconds * 1000)

/** How far a time is from now, in words: "in 9 minutes", "2 hours ago". */
export const formatRelative = (epochSeconds: number, now: number): string => {
  const distance = epochSeconds - now
  if (distance === 0) return 'now'
  const words = ms(Math.abs(distance) * 1000, { long: true })
  return distance > 0 ? `in ${words}` : `${words} ago`
}
