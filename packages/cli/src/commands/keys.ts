/** `credence keys`: the keys that tokens are signed with, and the master key that seals them. */
import { type Command, Option } from 'commander'
import { addExamples, addJsonOption, addManagementOptions, signingAlgorithms } from './command_options.ts'

export const defineKeys = (command: Command): void => {
  const list = addManagementOptions(
    command.command('list').description('List the signing keys: published, active, retired.'),
  ).action(async (options) => (await import('./keys_actions.ts')).listKeys(options))
  addExamples(list, ['credence keys list'])

  const rotate = addManagementOptions(
    command
      .command('rotate')
      .description('Publish the next signing key now; it signs by itself when every verifier has had time to read it.'),
  )
    .addOption(new Option('--alg <ALG>', 'of which algorithm; ES256 unless given').choices(signingAlgorithms))
    .option('--now', 'sign with it at once, for emergencies: verifiers with an older key set may refuse its tokens')
    .action(async (options) => (await import('./keys_actions.ts')).rotateKey(options))
  addExamples(rotate, ['credence keys rotate', 'credence keys rotate --alg RS256'])

  const revoke = addManagementOptions(
    command
      .command('revoke')
      .description('Take a signing key that has leaked out of the key set at once: every token under it is refused.'),
  )
    .argument('<KID>', 'its id, as keys list shows it')
    .action(async (kid, options) => (await import('./keys_actions.ts')).revokeKey(kid, options))
  addExamples(revoke, ['credence keys revoke 0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM'])

  const rewrap = addJsonOption(
    command
      .command('rewrap')
      .description(
        'Seal under CREDENCE_MASTER_KEY whatever only CREDENCE_MASTER_KEY_PREVIOUS opens. Works on the database itself, ' +
          'whether a server runs on it or not; a server that is started with both keys does the same.',
      ),
  )
    .option('--data <FOLDER>', 'the data folder: CREDENCE_DATA or ./credence-data unless given')
    .action(async (options) => (await import('./keys_actions.ts')).rewrap(options))
  addExamples(rewrap, [
    'CREDENCE_MASTER_KEY_FILE=new.key CREDENCE_MASTER_KEY_PREVIOUS_FILE=old.key credence keys rewrap',
  ])
}
