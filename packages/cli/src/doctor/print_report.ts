/** The report: a line for each check as soon as it is its turn, and what to do below those that need it. */
import { styleText } from 'node:util'
import { escapeControls } from '../terminal/escape_controls.ts'
import type { CheckName } from './check_names.ts'
import { checkNames } from './check_names.ts'
import type { CheckResult, CheckStatus } from './finding.ts'

const marks: Readonly<Record<CheckStatus, readonly [mark: string, colour: 'green' | 'yellow' | 'red' | 'dim']>> = {
  ok: ['✓', 'green'],
  warning: ['!', 'yellow'],
  failed: ['✗', 'red'],
  skipped: ['-', 'dim'],
}

const width = Math.max(...Object.keys(checkNames).map((name) => name.length))

/** @param hasColour only on a terminal, and not where NO_COLOR is set */
export const formatResult = ({ check, status, found, advice }: CheckResult, hasColour: boolean): string => {
  const [mark, colour] = marks[status]
  const paint = (text: string) => (hasColour ? styleText(colour, text, { validateStream: false }) : text)
  const label: CheckName | string = check.padEnd(width)
  const line = `${paint(mark)} ${label}  ${escapeControls(status === 'skipped' ? `skipped: ${found}` : found)}\n`
  return advice === undefined ? line : `${line}  ${' '.repeat(width)}  → ${escapeControls(advice)}\n`
}

export const summarize = (results: readonly CheckResult[]): string => {
  const number = (status: CheckStatus) => results.filter((result) => result.status === status).length
  const [failed, warnings] = [number('failed'), number('warning')]
  const parts = [`${number('ok')} good`, ...(warnings > 0 ? [`${warnings} to look at`] : []), `${failed} failed`]
  const skipped = number('skipped')
  return `${[...parts, ...(skipped > 0 ? [`${skipped} skipped`] : [])].join(', ')}\n`
}
