/** `credence credential`: what clients prove themselves with, any number live at once, so that rotation has no gap. */
import type { Command } from 'commander'
import {
  addExamples,
  addFederationOptions,
  addKeyOptions,
  addManagementOptions,
  parseDuration,
  repeatable,
} from './command_options.ts'

export const defineCredential = (command: Command): void => {
  const list = addManagementOptions(
    command
      .command('list')
      .description(
        'List the credentials of a client, revoked ones included, and say which are safe to delete and why.',
      ),
  )
    .argument('<CLIENT>')
    .action(async (client, options) => (await import('./credential_actions.ts')).listCredentials(client, options))
  addExamples(list, ['credence credential list report-job'])

  const show = addManagementOptions(
    command.command('show').description('Show a credential, and whether it is safe to delete and why.'),
  )
    .argument('<CLIENT>')
    .argument('<CREDENTIAL>', 'its id, as credential list shows it')
    .action(async (client, credential, options) =>
      (await import('./credential_actions.ts')).showCredential(client, credential, options),
    )
  addExamples(show, ['credence credential show report-job cred_01k7s6bkj8k7j0l16f9agqjso8'])

  const add = addFederationOptions(
    addKeyOptions(
      addSecretOptions(
        addManagementOptions(
          command
            .command('add')
            .description(
              'Add a secret, which is shown once, or keys, a certificate or a platform’s tokens, beside what there is; ' +
                'and say in words what will be accepted.',
            ),
        ),
      ),
    ),
  )
    .argument('<CLIENT>')
    .action(async (client, options) => (await import('./credential_actions.ts')).addCredential(client, options))
  addExamples(add, [
    'credence credential add report-job --label "cluster b" --expires 90d',
    'credence credential add report-job --jwks report-job.jwks.json',
    'credence credential add report-job --generate-key report-job.jwk.json --label "cluster b"',
    'credence credential add report-job --certificate report-job.pem',
    'credence credential add report-job --federated kubernetes --issuer https://kubernetes.default.svc --subject system:serviceaccount:batch:report',
    'credence credential add report-job --federated github --subject repo:acme/report:ref:refs/heads/main --claim repository_id=123456',
  ])

  const revoke = addManagementOptions(
    command
      .command('revoke')
      .description(
        'Revoke a credential: it gets no more tokens from now on. Those that it got live until they expire.',
      ),
  )
    .option('--and-tokens', 'deny the tokens that it got, too: for a secret that leaked')
    .argument('<CLIENT>')
    .argument('<CREDENTIAL>', 'its id, as credential list shows it')
    .action(async (client, credential, options) =>
      (await import('./credential_actions.ts')).revokeCredential(client, credential, options),
    )
  addExamples(revoke, [
    'credence credential revoke report-job cred_01k7s6bkj8k7j0l16f9agqjso8',
    'credence credential revoke report-job cred_01k7s6bkj8k7j0l16f9agqjso8 --and-tokens',
  ])

  const rotate = addSecretOptions(
    addManagementOptions(
      command
        .command('rotate')
        .description(
          'Add a new secret, wait until it is used and the older ones are not any more, and revoke those. Ctrl-C at any ' +
            'point leaves every secret working; --resume goes on from there.',
        ),
    ),
  )
    .argument('<CLIENT>')
    .option(
      '--quiet <DURATION>',
      'the older ones must be unused this long; unless given, longer than a token lives',
      parseDuration,
    )
    .option('--overlap <DURATION>', 'keep the older ones at least this long after the new one was made', parseDuration)
    .addOption(repeatable('--retire <CREDENTIAL>', 'only this one is to go; all older ones unless given', String))
    .option('--yes', 'revoke without asking')
    .option('--resume', 'go on with the newest secret that there is; add none')
    .option(
      '--no-wait',
      'add the secret, say how to retire the older ones, and end: so without a terminal or with --json, unless --yes',
    )
    .action(async (client, options) => (await import('./rotate_credential.ts')).rotateCredential(client, options))
  addExamples(rotate, [
    'credence credential rotate report-job --expires 90d',
    'credence credential rotate report-job --resume --quiet 25h --yes',
  ])
}

const addSecretOptions = (command: Command): Command =>
  command
    .option('--label <TEXT>', 'what it is for: which deployment holds it')
    .option('--expires <DURATION>', 'when it expires, from now: 90d; never unless given', parseDuration)
