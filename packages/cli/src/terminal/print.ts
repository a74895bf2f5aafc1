/** Standard output: lines for people, JSON for programs. */
import { escapeControls } from './escape_controls.ts'

export const printLines = (lines: readonly string[]): void => {
  process.stdout.write(lines.map((line) => `${escapeControls(line)}\n`).join(''))
}

/** One value on one line. Control characters are escaped by JSON; C1 and direction marks are data to whoever parses it. */
export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
