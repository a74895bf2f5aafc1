/** Lists as tables for people. */
import Table from 'cli-table3'
import { escapeControls } from './escape_controls.ts'

const bare = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

/** Whether to colour: only on a terminal, and not where NO_COLOR is set (https://no-color.org). */
const hasColour = (): boolean => process.stdout.isTTY === true && !process.env.NO_COLOR

/** @param nothing what to say in place of an empty table */
export const printTable = (head: readonly string[], rows: readonly (readonly string[])[], nothing: string): void => {
  if (rows.length === 0) {
    process.stdout.write(`${nothing}\n`)
    return
  }
  const table = new Table({
    head: [...head],
    chars: bare,
    style: { head: hasColour() ? ['bold'] : [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
  })
  for (const row of rows) table.push(row.map(escapeControls))
  process.stdout.write(`${table.toString().replace(/ +$/gm, '')}\n`)
}
