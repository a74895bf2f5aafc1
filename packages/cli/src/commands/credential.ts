/** `credence credential`: the secrets of a client, any number live at once, so that rotation has no gap. */
import type { Command } from 'commander'
import { addExamples, addManagementOptions, parseDuration } from './command_options.ts'

export const defineCredential = (command: Command): void => {
  const list = addManagementOptions(
    command.command('list').description('List the credentials of a client, revoked ones included.'),
  )
    .argument('<CLIENT>')
    .action(async (client, options) => (await import('./credential_actions.ts')).listCredentials(client, options))
  addExamples(list, ['credence credential list report-job'])

  const add = addSecretOptions(
    addManagementOptions(command.command('add').description('Add a secret beside those there are; it is shown once.')),
  )
    .argument('<CLIENT>')
    .action(async (client, options) => (await import('./credential_actions.ts')).addCredential(client, options))
  addExamples(add, ['credence credential add report-job --label "cluster b" --expires 90d'])

  const revoke = addManagementOptions(
    command.command('revoke').description('Revoke a credential: it gets no more tokens from now on.'),
  )
    .argument('<CLIENT>')
    .argument('<CREDENTIAL>', 'its id, as credential list shows it')
    .action(async (client, credential, options) =>
      (await import('./credential_actions.ts')).revokeCredential(client, credential, options),
    )
  addExamples(revoke, ['credence credential revoke report-job cred_01k7s6bkj8k7j0l16f9agqjso8'])

  const rotate = addSecretOptions(
    addManagementOptions(
      command
        .command('rotate')
        .description('Add a new secret and say how to retire the older ones once nothing uses them any more.'),
    ),
  )
    .argument('<CLIENT>')
    .action(async (client, options) => (await import('./credential_actions.ts')).rotateCredential(client, options))
  addExamples(rotate, ['credence credential rotate report-job --expires 90d'])
}

const addSecretOptions = (command: Command): Command =>
  command
    .option('--label <TEXT>', 'what it is for: which deployment holds it')
    .option('--expires <DURATION>', 'when it expires, from now: 90d; never unless given', parseDuration)
