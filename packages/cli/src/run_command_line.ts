/** Runs one command line and turns whatever ends it into an exit code. */
import { type Command, CommanderError } from 'commander'
import { type ExitCode, exitCodes } from './cli_error.ts'
import { createProgram } from './program.ts'
import { reportError } from './report_error.ts'

/** @param words the command line without the program's own name */
export const runCommandLine = async (words: readonly string[]): Promise<ExitCode> => {
  const program = await createProgram(words)
  try {
    await program.parseAsync(words, { from: 'user' })
    return exitCodes.done
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done
    return reportError(error, { json: words.includes('--json'), help: `${nameOf(program, words)} --help` })
  }
}

/** The command that was meant, as far as there is one. */
const nameOf = (program: Command, words: readonly string[]): string => {
  const [word = '', ...rest] = words
  const command = program.commands.find((candidate) => candidate.name() === word)
  return command === undefined ? program.name() : `${program.name()} ${nameOf(command, rest)}`
}
