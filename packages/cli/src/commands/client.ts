/** `credence client`: the services that ask for tokens. */
import { type Command, Option } from 'commander'
import { usageError } from '../cli_error.ts'
import {
  addExamples,
  addFederationOptions,
  addKeyOptions,
  addManagementOptions,
  parseDuration,
  parseGrant,
  parseList,
  parseQuota,
  repeatable,
} from './command_options.ts'

export const defineClient = (command: Command): void => {
  const create = addFederationOptions(
    addKeyOptions(
      addMetadataOptions(
        addManagementOptions(
          command
            .command('create')
            .description(
              'Create a client with its first credential: a secret, which is shown once, or the keys, the certificate or the ' +
                'platform’s tokens that are given.',
            ),
        ),
      ),
    ),
  )
    .addOption(authOption('how it must authenticate; as its first credential does unless given, a secret either way'))
    .argument('<ID>', 'its client_id: letters, digits and . _ : @ / -')
    .addOption(
      repeatable('--grant <AUDIENCE=SCOPES>', 'what it may ask for: an API and, with commas, scopes of it', parseGrant),
    )
    .option('--label <TEXT>', 'what the first credential is for: which deployment holds it')
    .option(
      '--expires <DURATION>',
      'when the first credential expires, from now: 90d; never unless given',
      parseDuration,
    )
    .action(async (id, options) => (await import('./client_actions.ts')).createClient(id, options))
  addExamples(create, [
    'credence client create report-job --grant https://orders.example.com=orders:read',
    'credence client create report-job --grant https://orders.example.com=orders:read --expires 90d --json',
    'credence client create report-job --grant https://orders.example.com=orders:read --generate-key report-job.jwk.json',
    'credence client create report-job --grant https://orders.example.com=orders:read --jwks-uri https://report.example.com/jwks.json',
    'credence client create report-job --grant https://orders.example.com=orders:read --san-dns report.example.com --certificate-bound',
    'credence client create report-job --grant https://orders.example.com=orders:read --federated kubernetes --issuer https://kubernetes.default.svc --subject system:serviceaccount:batch:report',
  ])

  const list = addManagementOptions(command.command('list').description('List the clients.')).action(async (options) =>
    (await import('./client_actions.ts')).listClients(options),
  )
  addExamples(list, ['credence client list'])

  const show = addManagementOptions(command.command('show').description('Show a client and what it is granted.'))
    .argument('<ID>')
    .action(async (id, options) => (await import('./client_actions.ts')).showClient(id, options))
  addExamples(show, ['credence client show report-job'])

  const update = addMetadataOptions(
    addManagementOptions(command.command('update').description('Change a client; what is not given stays.')),
  )
    .argument('<ID>')
    .addOption(authOption('how it must authenticate; any: in every way that it has a credential for', 'any'))
    .option('--no-dpop-bound', 'its tokens need not be bound by DPoP any more')
    .option('--no-certificate-bound', 'its tokens need not be bound to its certificate any more')
    .option('--no-managed-rotation', 'it may not replace its own secret any more')
    .action(async (id, options) => {
      const { bodyOf, updateClient } = await import('./client_actions.ts')
      const body = bodyOf(options)
      if (Object.keys(body).length === 0)
        throw usageError(
          'nothing to change: give --name, --auth, --default-scope, --token-ttl, --serves, --quota, --managed-rotation, --dpop-bound or --certificate-bound',
        )
      await updateClient({ id, body, done: 'changed' }, options)
    })
  addExamples(update, ['credence client update report-job --name "Nightly report" --token-ttl 5m'])

  for (const [name, disabled, done] of [
    ['disable', true, 'disabled'],
    ['enable', false, 'enabled'],
  ] as const) {
    const meaning = disabled
      ? 'Stop a client from getting tokens; nothing of it is lost.'
      : 'Let a disabled client get tokens again.'
    const toggle = addManagementOptions(command.command(name).description(meaning))
      .argument('<ID>')
      .action(async (id, options) =>
        (await import('./client_actions.ts')).updateClient({ id, body: { disabled }, done }, options),
      )
    addExamples(toggle, [`credence client ${name} report-job`])
  }

  const remove = addManagementOptions(
    command.command('delete').description('Delete a client, its credentials and its grants.'),
  )
    .argument('<ID>')
    .action(async (id, options) => (await import('./client_actions.ts')).deleteClient(id, options))
  addExamples(remove, ['credence client delete report-job'])
}

const authMethods = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'federated',
]

const authOption = (description: string, ...more: readonly string[]): Option =>
  new Option('--auth <METHOD>', description).choices([...authMethods, ...more])

const addMetadataOptions = (command: Command): Command =>
  command
    .option('--name <TEXT>', 'what people call it')
    .addOption(
      repeatable(
        '--default-scope <SCOPE>',
        'what a request without scope asks for; all that is granted unless given',
        parseList,
      ),
    )
    .option('--token-ttl <DURATION>', 'its tokens live at most this long, 60s to 60m', parseDuration)
    .addOption(
      repeatable(
        '--serves <AUDIENCE>',
        'it is the resource server of this API: it may introspect its tokens and follow their revocations',
        String,
      ),
    )
    .option('--quota <N/min|off>', 'how many tokens it may get in a minute, on each replica of the server', parseQuota)
    .addOption(
      new Option(
        '--quota-mode <MODE>',
        'what happens beyond it: refused with 429 (the default), or only counted',
      ).choices(['enforce', 'observe']),
    )
    .option('--dpop-bound', 'it must prove a key by DPoP, and its tokens are bound to that')
    .option('--certificate-bound', 'its tokens are bound to its certificate')
    .option(
      '--managed-rotation [OVERLAP]',
      'it may replace its own secret, and the replaced one works for this long: 24h unless given',
      parseDuration,
    )
