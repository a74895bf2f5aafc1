/** `credence inspect`: verifies an access token against its issuer and says in words what it allows. RFC 9068. */
import type { Command } from 'commander'
import { addExamples, addJsonOption, type JsonOption } from './command_options.ts'

export interface InspectOptions extends JsonOption {
  readonly issuer?: string
}

export const defineInspect = (command: Command): void => {
  command
    .description(
      'Verify an access token against the keys of its issuer and say who may do what, where and until when. ' +
        'Exit code 1 when it does not verify; what it says is shown all the same.',
    )
    .argument('[TOKEN]', 'the token; from standard input when absent or -')
    .option('--issuer <URL>', 'who must have issued it; whoever the token names unless given')
    .action(async (token, options) => (await import('./inspect_token.ts')).inspectToken(token, options))
  addJsonOption(command)
  addExamples(command, [
    'credence token | credence inspect',
    'credence inspect --issuer http://127.0.0.1:8400 < token.txt',
  ])
}
