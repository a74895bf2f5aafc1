/** docs/reference/cli.md, from the commands themselves. */
import { dataDescription, findExamples } from '../../packages/cli/src/commands/command_options.ts'
import { createProgram, groupNames } from '../../packages/cli/src/program.ts'
import { generatedNote, type ReferencePage } from './page.ts'

type Command = Awaited<ReturnType<typeof createProgram>>

const introduction = `${generatedNote}

# The command \`credence\`

Every command takes \`--json\`, for output that programs can rely on, and \`--help\`; those that manage a server take \`--data\`.

Exit codes:

- 0: done
- 1: refused or failed; the reason is on standard error
- 2: wrong usage
- 78: bad configuration; every fault is on standard error

With \`--json\` an error is one JSON object on standard error: \`{"code", "message"}\`, and \`faults\` where there are several.
The code is stable; the message is for people.

The commands that manage a server talk to the local socket in its data folder: that of \`--data\`, else of \`CREDENCE_DATA\`,
else \`./credence-data\`. To manage a server elsewhere, set \`CREDENCE_URL\` to its management URL, and \`CREDENCE_CLIENT_ID\` and
\`CREDENCE_CLIENT_SECRET\` (or \`CREDENCE_CLIENT_SECRET_FILE\`) to a client that is granted \`admin:*\` scopes of
\`urn:credence:admin\`. The issuer is learnt from the management URL unless \`CREDENCE_ISSUER\` names it.
`

const renderPage = async (): Promise<string> => {
  const program = await createProgram(groupNames)
  return [introduction, ...program.commands.flatMap((command) => renderCommand(command, '##'))].join('\n')
}

const renderCommand = (command: Command, level: string): readonly string[] => {
  const path = pathOf(command)
  const text = `${level} ${path}\n\n${command.description()}\n`
  if (command.commands.length > 0) {
    return [text, ...command.commands.flatMap((nested) => renderCommand(nested, `${level}#`))]
  }
  const values = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  )
  const usage = [path, ...values, '[options]'].join(' ')
  const items = [
    ...command.registeredArguments
      .filter(({ description }) => description !== '')
      .map((argument) => item(argument.name(), argument.description)),
    ...command.options
      .filter(({ long, description }) => long !== '--json' && description !== dataDescription)
      .map(({ flags, description, argChoices }) => item(flags, withChoices(description, argChoices))),
  ]
  const list = items.length === 0 ? [] : [items.join('')]
  return [text, fence([usage]), ...list, fence(findExamples(command))]
}

const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`

const withChoices = (description: string, choices: readonly string[] | undefined): string =>
  choices === undefined ? description : `${description}: ${choices.map((choice) => `\`${choice}\``).join(', ')}`

const item = (name: string, meaning: string) => `- \`${name}\`: ${meaning}\n`

const fence = (lines: readonly string[]) => `\`\`\`sh\n${lines.join('\n')}\n\`\`\`\n`

export const cliPage: ReferencePage = { path: 'docs/reference/cli.md', render: renderPage }
