/** Runs one command of `credence` to its end. */
import { type Environment, spawnCredence } from './credence_process.ts'

export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export const runCommand = async (args: readonly string[], environment: Environment = {}): Promise<CommandResult> => {
  const { ended, stdout, stderr } = spawnCredence(args, { environment })
  return { code: await ended, stdout: stdout(), stderr: stderr() }
}
