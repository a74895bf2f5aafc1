/** `credence explain`: whether a token request would be granted and which rule decides; and why one was refused. */
import { type Command, Option } from 'commander'
import { addExamples, addManagementOptions, parseList, repeatable } from './command_options.ts'

const description = `Say whether a client would get a token, and which rule decides: each rule on a line, by the same checks that the
token endpoint makes. Nothing is issued. With --refusals, say what the client was refused lately and why, which it was not told itself.
Exit code 0: it would be granted, as far as it can be told; 1: a rule refuses.`

export const defineExplain = (command: Command): void => {
  addManagementOptions(command.description(description))
    .argument('[CLIENT]', 'its client_id; with --refusal it says itself whose it was')
    .option('--audience <AUDIENCE>', 'the API that a request names; none unless given')
    .addOption(repeatable('--scope <SCOPE>', 'what a request asks for; nothing unless given', parseList))
    .option('--refusals', 'what the client was refused lately')
    .addOption(
      new Option('--refusal <NUMBER>', 'one refusal, by the number of its record in the audit log').argParser(Number),
    )
    .action(async (client, options) => (await import('./explain_actions.ts')).explain(client, options))
  addExamples(command, [
    'credence explain report-job --audience https://orders.example.com --scope orders:read',
    'credence explain report-job --refusals',
    'credence explain --refusal 1042',
  ])
}
