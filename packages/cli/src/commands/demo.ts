/** `credence demo`: three processes that speak HTTP, and a secret rotated under their calls. */
import type { Command } from 'commander'
import { addExamples, addJsonOption, type JsonOption } from './command_options.ts'

export interface DemoOptions extends JsonOption {
  readonly keep?: true
}

export const defineDemo = (command: Command): void => {
  command
    .description(
      'Run the authorization server, an API and a background job as three processes on this machine, show a call that is ' +
        'allowed and one that is not, rotate the secret of the job while it works, and disable the job, whose token the API ' +
        'then refuses at once. Ends by itself and leaves nothing behind.',
    )
    .option('--keep', 'leave it all running, and say how to talk to it, until Ctrl-C')
    .action(async (options: DemoOptions) => (await import('../demo/run_demo.ts')).runDemo(options))
  addJsonOption(command)
  addExamples(command, ['credence demo', 'credence demo --keep'])
}
