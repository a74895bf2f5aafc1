/** The options of the commands that talk to a provider as a client does: who it is, who asks, how it proves that, and what for. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type JsonOption, parseList, repeatable } from '../commands/command_options.ts'

/** One for each preset of `@credence/client/presets`. */
export const providerNames = ['auth0', 'okta', 'entra', 'cognito', 'google', 'keycloak', 'credence', 'generic'] as const

export type ProviderName = (typeof providerNames)[number]

/** RFC 7591 §2 and RFC 8705 §2; `federated` is a platform's own token as the assertion. */
export const authMethods = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'federated',
] as const

export type AuthMethod = (typeof authMethods)[number]

export interface ProviderOptions extends JsonOption {
  readonly issuer?: string
  readonly provider?: ProviderName
  readonly clientId?: string
  readonly scope?: readonly (readonly string[])[]
  readonly audience?: string
  readonly resource?: string
  readonly parameter?: readonly (readonly [name: string, value: string])[]
  readonly auth?: AuthMethod
  readonly key?: string
  readonly keyId?: string
  readonly keyAlg?: 'ES256' | 'PS256' | 'RS256' | 'EdDSA'
  readonly assertionAudience?: string
  readonly certificate?: string
  readonly certificateKey?: string
  readonly ca?: string
  readonly tokenFile?: string
  readonly dpop?: true
  readonly tokenEndpoint?: string
  readonly domain?: string
  readonly authorizationServer?: string
  readonly tenant?: string
  readonly authority?: string
  readonly userPool?: string
  readonly keyFile?: string
  readonly targetAudience?: string
  readonly url?: string
  readonly realm?: string
}

export const secretNote =
  'The secret is read from CREDENCE_CLIENT_SECRET, or from the file that CREDENCE_CLIENT_SECRET_FILE names; in its place a ' +
  'private key, from the file that CREDENCE_CLIENT_KEY_FILE names. The secret is no option, because options show in the ' +
  'list of processes and stay in the history of the shell.'

export const addProviderOptions = (command: Command): Command =>
  command
    .option('--issuer <URL>', 'who issues tokens: CREDENCE_ISSUER, or the server on this machine, unless given')
    .addOption(new Option('--provider <NAME>', 'whose ways it has').choices(providerNames))
    .option('--client-id <ID>', 'who asks: CREDENCE_CLIENT_ID unless given')
    .addOption(repeatable('--scope <SCOPE>', 'what for: all that the client is granted unless given', parseScopes))
    .option('--audience <AUDIENCE>', 'the API it is for; needed only where the client is granted several')
    .option('--resource <URI>', 'the same by RFC 8707, for providers that want it so')
    .addOption(repeatable('--parameter <NAME=VALUE>', 'a further parameter of the token request', parseParameter))
    .addOption(
      new Option(
        '--auth <METHOD>',
        'how the client proves who it is: what fits the provider and the files unless given',
      ).choices(authMethods),
    )
    .option(
      '--key <FILE>',
      'private_key_jwt: the private key, PEM (PKCS #8) or JWK: CREDENCE_CLIENT_KEY_FILE unless given',
    )
    .option('--key-id <KID>', 'private_key_jwt: the key id that the provider knows it by')
    .addOption(
      new Option('--key-alg <ALG>', 'private_key_jwt: needed for an RSA key').choices([
        'ES256',
        'PS256',
        'RS256',
        'EdDSA',
      ]),
    )
    .option('--assertion-audience <URL>', 'private_key_jwt: whom the assertion is for: the issuer unless given')
    .option('--certificate <FILE>', 'tls_client_auth: the certificate, PEM, with the chain below the root')
    .option('--certificate-key <FILE>', 'tls_client_auth: its private key, PEM')
    .option('--ca <FILE>', 'tls_client_auth: who is trusted to be the server, in place of the system’s authorities')
    .option('--token-file <FILE>', 'federated: the file with the token of the platform')
    .option('--dpop', 'ask for a token bound to a key that is made for this one command (RFC 9449)')
    .option('--token-endpoint <URL>', 'where the issuer has no metadata, or they name another host')
    .option('--domain <NAME>', 'auth0, okta, cognito: the domain that has the token endpoint')
    .option('--authorization-server <ID>', 'okta: the last part of its issuer, or org: default unless given')
    .option('--tenant <ID>', 'entra: the directory (tenant) ID')
    .option('--authority <URL>', 'entra: of a national cloud')
    .option('--user-pool <ID>', 'cognito: the user pool ID, which begins with its region')
    .option('--key-file <FILE>', 'google: the key file of the service account, JSON')
    .option('--target-audience <AUDIENCE>', 'google: an ID token for this audience, in place of --scope')
    .option('--url <URL>', 'keycloak: of the server')
    .option('--realm <NAME>', 'keycloak: the realm')

/** As on the wire with spaces, or with commas as everywhere here. */
const parseScopes = (text: string): readonly string[] => text.trim().split(/[ ,]+/).flatMap(parseList)

const parseParameter = (text: string): readonly [string, string] => {
  const divider = text.indexOf('=')
  if (divider < 1) throw new InvalidArgumentError('A parameter is NAME=VALUE, as in organization=org_1.')
  return [text.slice(0, divider), text.slice(divider + 1)]
}
