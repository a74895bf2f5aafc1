/** Times, numbers and shell words, as evidence and commands have them. */

const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** A span of time in its largest unit that is there at least twice: `3 days`, `47 hours`. */
export const duration = (seconds: number): string => {
  const [unit, size] = units.find(([, size]) => seconds >= 2 * size) ?? (['second', 1] as const)
  const count = Math.floor(seconds / size)
  return `${number(count)} ${unit}${count === 1 ? '' : 's'}`
}

/** `2026-11-20 10:00Z`. */
export const time = (epochSeconds: number): string =>
  `${new Date(epochSeconds * 1000).toISOString().slice(0, 16).replace('T', ' ')}Z`

/** With commas between thousands. */
export const number = (count: number): string => Math.round(count).toLocaleString('en-US')

/** A word of a POSIX shell that means exactly this text. */
export const shellWord = (text: string): string =>
  /^[A-Za-z0-9._:@/=,+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
