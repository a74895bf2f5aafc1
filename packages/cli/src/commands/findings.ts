/** `credence findings`: what somebody should look at, and the command that mends it. */
import { type Command, Option } from 'commander'
import { addExamples, addManagementOptions } from './command_options.ts'
import { severities } from './severity.ts'

export const defineFindings = (command: Command): void => {
  addManagementOptions(command)
    .addOption(new Option('--severity <SEVERITY>', 'these, and what is graver').choices(severities))
    .option('--client <ID>', 'those about this client')
    .addOption(
      new Option('--fail-on <SEVERITY>', 'exit with 1 when there is one as grave as this, or graver').choices(
        severities,
      ),
    )
    .action(async (options) => (await import('./findings_actions.ts')).showFindings(options))
  addExamples(command, ['credence findings', 'credence findings --client report-job --fail-on warning'])
}
