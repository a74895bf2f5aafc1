/** What many commands have in common: --json, --data, examples in the help, and how values are read. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import ms from 'ms'

export interface JsonOption {
  readonly json?: true
}

/** Options of the commands that manage a server. */
export interface ManagementOptions extends JsonOption {
  readonly data?: string
}

export const addJsonOption = (command: Command): Command => command.option('--json', 'print JSON, for programs')

export const dataDescription = 'the data folder of the server to talk to: CREDENCE_DATA or ./credence-data unless given'

export const addManagementOptions = (command: Command): Command =>
  addJsonOption(command).option('--data <FOLDER>', dataDescription)

/** What tokens can be signed with, the default first. */
export const signingAlgorithms = ['ES256', 'RS256', 'PS256', 'EdDSA']

const examplesOf = new WeakMap<Command, readonly string[]>()

/** Adds examples to the help, each a line to paste. */
export const addExamples = (command: Command, examples: readonly string[]): Command => {
  examplesOf.set(command, examples)
  return command.addHelpText(
    'after',
    `\nExample${examples.length > 1 ? 's' : ''}:\n${examples.map((line) => `  ${line}\n`).join('')}`,
  )
}

export const findExamples = (command: Command): readonly string[] => examplesOf.get(command) ?? []

/** An option that can be given several times. */
export const repeatable = <T>(flags: string, description: string, parse: (text: string) => T): Option =>
  new Option(flags, description).argParser((text: string, earlier: readonly T[] | undefined): readonly T[] => [
    ...(earlier ?? []),
    parse(text),
  ])

/** One value or several with commas. */
export const parseList = (text: string): readonly string[] => text.split(',').map((item) => item.trim())

/** Seconds from `10m`, `90d` or a number of seconds with its unit. */
export const parseDuration = (text: string): number => {
  const milliseconds = /^[\d.]+ *[a-z]+$/i.test(text) ? ms(text as ms.StringValue) : Number.NaN
  const seconds = Math.round(milliseconds / 1000)
  if (!Number.isSafeInteger(seconds) || seconds <= 0) {
    throw new InvalidArgumentError('A duration is a number and a unit, as in 30s, 10m, 12h or 90d.')
  }
  return seconds
}

/** Tokens a minute from `30/min`; `off` for none. */
export const parseQuota = (text: string): number | 'off' => {
  if (text === 'off') return text
  const found = /^(\d{1,7}) *\/ *min(?:ute)?$/.exec(text)?.[1]
  if (found === undefined || Number(found) === 0) {
    throw new InvalidArgumentError('A quota is a number of tokens in a minute, as in 30/min, or off.')
  }
  return Number(found)
}

export interface GrantArgument {
  readonly audience: string
  readonly scopes: readonly string[]
}

/** `AUDIENCE=scope,scope`. An audience may contain `=`, a list of scopes seldom does, so the last one divides. */
export const parseGrant = (text: string): GrantArgument => {
  const divider = text.lastIndexOf('=')
  const audience = text.slice(0, divider)
  const scopes = parseList(text.slice(divider + 1))
  if (divider < 1 || scopes.includes('')) {
    throw new InvalidArgumentError('A grant is AUDIENCE=scope,scope, as in https://orders.example.com=orders:read.')
  }
  return { audience, scopes }
}

export interface ClaimArgument {
  readonly name: string
  readonly value: string
}

/** `NAME=VALUE`. A value may contain `=`, the name of a claim seldom does, so the first one divides. */
export const parseClaim = (text: string): ClaimArgument => {
  const divider = text.indexOf('=')
  if (divider < 1 || divider === text.length - 1) {
    throw new InvalidArgumentError('A claim is NAME=VALUE, as in repository_owner_id=123.')
  }
  return { name: text.slice(0, divider), value: text.slice(divider + 1) }
}

/** What a client proves itself with beside a secret. */
export const addKeyOptions = (command: Command): Command =>
  command
    .option('--jwks <FILE>', 'its public keys: a JWK set, or one JWK; each becomes a credential of its own')
    .option('--jwks-uri <URL>', 'where it publishes its public keys')
    .option('--generate-key <FILE>', 'make a key: the private half goes to this file, for its owner alone to read')
    .option('--certificate <FILE>', 'its self-signed certificate in PEM, of which the public key counts')
    .addOption(repeatable('--subject-dn <DN>', 'the subject of its certificate, from a trusted authority', String))
    .addOption(repeatable('--san-dns <NAME>', 'a DNS name in its certificate, from a trusted authority', String))
    .addOption(repeatable('--san-uri <URI>', 'a URI in its certificate', String))
    .addOption(repeatable('--san-ip <ADDRESS>', 'an IP address in its certificate', String))
    .addOption(repeatable('--san-email <ADDRESS>', 'an email address in its certificate', String))

const platforms = ['kubernetes', 'github', 'gitlab', 'google', 'aws', 'azure', 'spiffe', 'oidc']

export const addFederationOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--federated <PLATFORM>',
        'the tokens of a platform stand for the client, and no secret is anywhere',
      ).choices(platforms),
    )
    .option('--issuer <URL>', 'with --federated: iss of the tokens; that of github, gitlab and google unless given')
    .addOption(
      repeatable(
        '--subject <SUBJECT>',
        'with --federated: sub of the tokens; an asterisk at its end stands for all that begin so',
        String,
      ),
    )
    .option('--audience <AUDIENCE>', 'with --federated: aud of the tokens; the issuer of this server unless given')
    .addOption(repeatable('--claim <NAME=VALUE>', 'with --federated: what another claim must be', parseClaim))
    .option('--keys <FILE>', 'with --federated: the public keys of the platform, where they cannot be fetched')
    .option('--keys-uri <URL>', 'with --federated: where they are, where no metadata says so')
