/** Lengths of time in words, as whole numbers of the largest unit that fits. */

const units = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** "3 minutes", "12 days"; days only from two on, since "36 hours" says more than "1 day". @param seconds not negative */
export const inWords = (seconds: number): string => {
  for (const [unit, length] of units) {
    const count = Math.floor(seconds / length)
    if (count >= (unit === 'day' ? 2 : 1)) return `${count} ${unit}${count === 1 ? '' : 's'}`
  }
  return '0 seconds'
}
