/** What ends a command without success: a reason for people, a stable code for programs, an exit code for shells. */

/** Exit codes. badConfiguration is EX_CONFIG of sysexits.h. */
export const exitCodes = { done: 0, failed: 1, usage: 2, badConfiguration: 78 } as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export interface CliErrorOptions extends ErrorOptions {
  readonly exitCode?: ExitCode
  /** Every fault, one line each, where there can be several: shown in place of the message. */
  readonly faults?: readonly string[] | undefined
}

export class CliError extends Error {
  override readonly name = 'CliError'
  /** Stable. One of the command line's own, or that of the problem document, token error or token fault behind it. */
  readonly code: string
  readonly exitCode: ExitCode
  readonly faults: readonly string[] | undefined

  /** @param message says what is wrong and what to do about it; never holds a secret or a token */
  constructor(
    code: string,
    message: string,
    { exitCode = exitCodes.failed, faults, ...options }: CliErrorOptions = {},
  ) {
    super(message, options)
    this.code = code
    this.exitCode = exitCode
    this.faults = faults
  }
}

/** Ends a command with an exit code and without another word: what there is to say has been printed. */
export class SilentExit extends Error {
  override readonly name = 'SilentExit'
  readonly exitCode: ExitCode

  constructor(exitCode: ExitCode) {
    super(`exit ${exitCode}`)
    this.exitCode = exitCode
  }
}

/** Wrong usage: exit code 2. */
export const usageError = (message: string): CliError => new CliError('usage', message, { exitCode: exitCodes.usage })
