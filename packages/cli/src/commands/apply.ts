/** `credence apply`: brings about what a declarative file says. */
import type { Command } from 'commander'
import { usageError } from '../cli_error.ts'
import { addExamples, addManagementOptions, type ManagementOptions, parseDuration } from './command_options.ts'

export interface ApplyOptions extends ManagementOptions {
  /** A file, a folder, or - for standard input. */
  readonly file: string
  readonly dryRun?: boolean
  readonly prune?: boolean
  readonly force?: boolean
  /** The folder that the secrets of new clients are written to. */
  readonly createSecrets?: string
  readonly failOnChange?: boolean
  readonly watch?: boolean
  /** Seconds. */
  readonly interval?: number
}

const description = `Make the server what a declarative file says, all of it or nothing, and show what that changes.
Exit code 0: done, or nothing to do; 1: refused, or, with --fail-on-change, something differs.`

export const defineApply = (command: Command): void => {
  addManagementOptions(command.description(description))
    .requiredOption('-f, --file <PATH>', 'a YAML or JSON file, a folder of them, or - for standard input')
    .option('--dry-run', 'only show what would change')
    .option('--fail-on-change', 'with --dry-run: exit 1 when something differs, so that a build can tell')
    .option(
      '--prune',
      'delete what an earlier file declared and this one does not; what none declared is never touched',
    )
    .option('--force', 'even where the client that this command runs as would lose what it runs with')
    .option(
      '--create-secrets <FOLDER>',
      'write a secret for each declared client that has no credential to a file there, for its owner alone',
    )
    .option('--watch', 'go on: apply whenever the source changes, and repair what somebody changes on the server')
    .option(
      '--interval <DURATION>',
      'with --watch, how often to look when nothing changes; 30s unless given',
      parseDuration,
    )
    .action(async (options: ApplyOptions) => {
      checkOptions(options)
      const actions = await import('../declarative/apply.ts')
      await (options.watch ? actions.applyAndWatch(options) : actions.applyOnce(options))
    })
  addExamples(command, [
    'credence apply -f credence.yaml --dry-run --fail-on-change',
    'credence apply -f credence.yaml --prune --create-secrets ./secrets',
    'credence apply -f ./declarative --watch',
  ])
}

const checkOptions = ({ file, watch, interval, dryRun, failOnChange }: ApplyOptions): void => {
  if (watch && file === '-') throw usageError('standard input cannot be watched; give a file or a folder')
  if (interval !== undefined && !watch) throw usageError('--interval is for --watch')
  if (failOnChange && !dryRun) throw usageError('--fail-on-change is for --dry-run')
}
