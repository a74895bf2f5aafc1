/** `credence usage`: what clients use, by which credential, and what is granted but never used. */
import type { Command } from 'commander'
import { addExamples, addManagementOptions, parseDuration } from './command_options.ts'

export const defineUsage = (command: Command): void => {
  addManagementOptions(command)
    .argument('[CLIENT]', 'one client; all of them unless given')
    .option('--since <DURATION>', 'how far back: 24h, 7d; a day unless given', parseDuration)
    .action(async (client, options) => {
      const actions = await import('./usage_actions.ts')
      await (client === undefined ? actions.showUsage(options) : actions.showClientUsage(client, options))
    })
  addExamples(command, ['credence usage', 'credence usage report-job --since 7d'])
}
