/** Lifetimes as people write them in a declarative file: a number and a unit, as on the command line. */

const secondsIn = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** 30s, 10m, 12h, 90d. */
export const durationPattern = '^[1-9][0-9]{0,8} ?[smhd]$'

/** Seconds. The text must match {@link durationPattern}. */
export const parseDuration = (text: string): number => {
  const unit = Object.entries(secondsIn).find(([letter]) => text.endsWith(letter))
  return Number.parseInt(text, 10) * (unit?.[1] ?? Number.NaN)
}

/** In the largest unit that leaves a whole number: 600 s is 10m, 90 s is 90s. */
export const formatDuration = (seconds: number): string => {
  const fitting = Object.entries(secondsIn).findLast(([, length]) => seconds >= length && seconds % length === 0)
  const [letter, length] = fitting ?? ['s', 1]
  return `${seconds / length}${letter}`
}
