/** `credence revoke`: denies tokens that are out already. RFC 7009. */
import { type Command, InvalidArgumentError } from 'commander'
import { addExamples, addManagementOptions, type ManagementOptions, parseDuration } from './command_options.ts'

export interface RevokeOptions extends ManagementOptions {
  readonly token?: string
  readonly credential?: string
  readonly client?: string
  readonly audience?: string
  readonly all?: boolean
  /** Epoch seconds. */
  readonly before?: number
}

export const defineRevoke = (command: Command): void => {
  addManagementOptions(
    command.description(
      'Deny tokens that are out already: one, all of a credential, a client or an API, or every one. ' +
        'Says how many can still be alive and until when.',
    ),
  )
    .option('--token <TOKEN>', 'this one; - reads it from standard input, where no list of processes shows it')
    .option('--credential <ID>', 'those that this credential got, as credential list shows it')
    .option('--client <ID>', 'those of this client; with --audience, those for that API')
    .option('--audience <AUDIENCE>', 'those for this API')
    .option('--all', 'every token of this server')
    .option(
      '--before <TIME>',
      'only those issued before: 2026-11-20T10:00:00Z, or 10m for ten minutes ago; all that are out unless given',
      parseBefore,
    )
    .action(async (options: RevokeOptions) => (await import('./revoke_tokens.ts')).revokeTokens(options))
  addExamples(command, [
    'credence revoke --client report-job',
    'credence revoke --credential cred_01k7s6bkj8k7j0l16f9agqjso8 --before 10m',
    'credence revoke --all --before 2026-11-20T10:00:00Z',
    'credence revoke --token - < token.txt',
  ])
}

/** A time with its zone, or how long ago it was. */
const parseBefore = (text: string): number => {
  if (/^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:\d\d)$/.test(text)) {
    const milliseconds = Date.parse(text)
    if (!Number.isNaN(milliseconds)) return Math.floor(milliseconds / 1000)
  } else if (/^\d+ *[a-z]+$/i.test(text)) {
    return Math.floor(Date.now() / 1000) - parseDuration(text)
  }
  throw new InvalidArgumentError('A time is 2026-11-20T10:00:00Z, or how long ago it was: 10m.')
}
