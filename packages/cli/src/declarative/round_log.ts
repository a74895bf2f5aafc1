/** What `credence apply --watch` says of each round: a line and, where something changed, the diff; with --json one object. */
import { CliError } from '../cli_error.ts'
import type { ApplyOptions } from '../commands/apply.ts'
import { escapeControls } from '../terminal/escape_controls.ts'
import { printJson, printLines } from '../terminal/print.ts'
import type { Applied } from './outcome.ts'
import { printOutcome } from './print_outcome.ts'

export interface RoundLog {
  done(applied: Applied): void
  failed(error: unknown): void
}

export const createRoundLog = ({ json, dryRun = false }: ApplyOptions): RoundLog => ({
  done({ outcome, secrets }) {
    const at = new Date().toISOString()
    const event = outcome.changes.length === 0 ? 'in_step' : dryRun ? 'differs' : 'applied'
    if (json) return printJson({ at, event, ...outcome, secrets })
    printLines([`${at} ${event.replace('_', ' ')}`])
    if (event === 'in_step' && secrets.length === 0) return
    printOutcome(outcome, { dryRun, secrets })
  },
  failed(error) {
    const at = new Date().toISOString()
    const code = error instanceof CliError ? error.code : 'internal'
    const message = error instanceof Error ? error.message : String(error)
    const faults = (error instanceof CliError ? error.faults : undefined) ?? [message]
    if (json) printJson({ at, event: 'failed', code, faults })
    else process.stderr.write(faults.map((fault) => `${at} ${escapeControls(fault)}\n`).join(''))
  },
})
