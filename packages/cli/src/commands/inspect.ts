/** `credence inspect`: verifies an access token against its issuer and says in words what it allows. RFC 9068, RFC 7662. */
import type { Command } from 'commander'
import { addProviderOptions } from '../provider/provider_options.ts'
import { addExamples, addJsonOption } from './command_options.ts'

export const defineInspect = (command: Command): void => {
  command
    .description(
      'Verify an access token of any provider against the keys of its issuer and say who may do what, where and until when, ' +
        'and what it is bound to. With --issuer that one must have issued it, with --audience it must be for that API. A ' +
        'token that cannot be read is asked about at the issuer (introspection) when a client is given, whose secret is ' +
        'read from CREDENCE_CLIENT_SECRET or CREDENCE_CLIENT_SECRET_FILE, or key from CREDENCE_CLIENT_KEY_FILE. Exit code 1 when it does not verify; what it says is shown all ' +
        'the same. Does not check: whether it was revoked.',
    )
    .argument(
      '[TOKEN]',
      'the token; from standard input when absent or -; got anew when there is none and a client is given',
    )
  addProviderOptions(command).action(async (token, options) =>
    (await import('./inspect_token.ts')).inspectToken(token, options),
  )
  addJsonOption(command)
  addExamples(command, [
    'credence token | credence inspect',
    'credence inspect --issuer http://127.0.0.1:8400 < token.txt',
    'credence inspect --provider okta --domain example.okta.com --client-id 0oa1 --scope orders.read',
  ])
}
