/** The one place where an error is written: for people as `credence: …`, with --json as one JSON object. Standard error either way. */
import { CommanderError } from 'commander'
import { CliError, type ExitCode, exitCodes, SilentExit } from './cli_error.ts'
import { escapeControls } from './terminal/escape_controls.ts'

interface Report {
  readonly code: string
  readonly message: string
  /** Every fault, where there can be several. */
  readonly faults?: readonly string[]
  readonly exitCode: ExitCode
}

export interface ReportOptions {
  readonly json: boolean
  /** The command line that shows how it is used. */
  readonly help: string
}

export const reportError = (error: unknown, { json, help }: ReportOptions): ExitCode => {
  if (error instanceof SilentExit) return error.exitCode
  const { exitCode, ...document } = describeError(error, help)
  const { code, message, faults = [message] } = document
  if (json) process.stderr.write(`${JSON.stringify(document)}\n`)
  // commander has shown the help already when a group is called without a command
  else if (code !== 'help') for (const line of faults) process.stderr.write(`credence: ${escapeControls(line)}\n`)
  return exitCode
}

const describeError = (error: unknown, help: string): Report => {
  if (error instanceof CliError) {
    const { code, message, exitCode, faults } = error
    return { code, message, exitCode, ...(faults !== undefined && { faults }) }
  }
  if (error instanceof CommanderError) return describeUsageError(error, help)
  if (isConfigurationError(error)) {
    const { code, message, faults } = error
    return { code, message, faults, exitCode: exitCodes.badConfiguration }
  }
  if (isStoreError(error)) return { code: error.code, message: error.message, exitCode: exitCodes.failed }
  const message = error instanceof Error ? error.message : String(error)
  return { code: 'internal', message: `something went wrong here: ${message}`, exitCode: exitCodes.failed }
}

const describeUsageError = ({ code, message }: CommanderError, help: string): Report => {
  if (code === 'commander.help')
    return { code: 'help', message: `a command is missing; see ${help}`, exitCode: exitCodes.usage }
  // --client-secret=… is unknown, and what follows the sign must not be repeated
  const told = message.replace(/^error: /, '').replace(/(unknown option '[^'=]*)=.*/s, "$1'")
  const reason = told.replaceAll('\n', ' ').replace(/\.$/, '')
  return { code: 'usage', message: `${reason}; see ${help}`, exitCode: exitCodes.usage }
}

/** By its shape: the server's packages are loaded only by the commands that need them. */
const isConfigurationError = (
  error: unknown,
): error is Error & { readonly code: string; readonly faults: readonly string[] } =>
  error instanceof Error && error.name === 'ConfigurationError' && 'faults' in error && Array.isArray(error.faults)

/** Likewise. What it says is for people: the database cannot be reached, or is of a newer Credence. */
const isStoreError = (error: unknown): error is Error & { readonly code: string } =>
  error instanceof Error && error.name === 'StoreError' && 'code' in error && typeof error.code === 'string'
