/** `credence backup`: all that the server keeps in one file, while it runs. */
import type { Command } from 'commander'
import { addExamples, addManagementOptions } from './command_options.ts'

export const defineBackup = (command: Command): void => {
  addManagementOptions(
    command.description(
      'Write all that the server keeps to a file, while it runs. The master key is not in it: keep that elsewhere, what is sealed needs it.',
    ),
  )
    .argument('<FILE>', 'a new file')
    .action(async (file, options) => (await import('./backup_actions.ts')).backUp(file, options))
  addExamples(command, ['credence backup credence-2027-01-31.jsonl.gz'])
}
