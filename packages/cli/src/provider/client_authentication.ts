/** How the command line proves who it is to a provider: secret or key from the environment, or files that options name. */
import { readFile } from 'node:fs/promises'
import {
  type ClientAuth,
  clientSecretBasic,
  clientSecretPost,
  federated,
  type PrivateKeyJwtOptions,
  privateKeyJwt,
  type Secret,
} from '@credence/client'
import { fileSecret, fileToken, tlsClientAuth } from '@credence/client/node'
import { usageError } from '../cli_error.ts'
import type { Environment } from '../management/open_transport.ts'
import type { AuthMethod, ProviderOptions } from './provider_options.ts'

/** Give `clientSecret` or `auth` to a preset. */
export interface ClientAuthentication {
  /** As in metadata; undefined: the secret, presented as the preset has it. */
  readonly method: AuthMethod | undefined
  readonly auth?: ClientAuth
  readonly clientSecret?: string
  /** What is known of the secret, where there is one. */
  readonly secret?: Secret
  /** Who is trusted to be the server, PEM: `auth` has a fetch that knows it, other connections have to be told. */
  readonly ca?: string | undefined
}

/** @throws {CliError} `usage` when what the method needs is missing; {TokenError} `invalid_configuration` */
export const readClientAuthentication = async (
  options: ProviderOptions,
  environment: Environment,
): Promise<ClientAuthentication> => {
  const method = options.auth ?? impliedMethod(options, environment)
  switch (method) {
    case 'private_key_jwt':
      return { method, auth: privateKeyJwt(await readKey(options, environment)) }
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth': {
      const certificate = await readCertificate(options)
      return { method, auth: tlsClientAuth(certificate), ca: certificate.ca }
    }
    case 'federated':
      return { method, auth: federated({ token: fileToken(fileOf(options.tokenFile, method, '--token-file')) }) }
    default:
      return presentSecret(method, await readSecret(environment))
  }
}

const impliedMethod = (
  { key, certificate, tokenFile }: ProviderOptions,
  environment: Environment,
): AuthMethod | undefined => {
  const given: readonly AuthMethod[] = [
    ...(key === undefined ? [] : (['private_key_jwt'] as const)),
    ...(certificate === undefined ? [] : (['tls_client_auth'] as const)),
    ...(tokenFile === undefined ? [] : (['federated'] as const)),
  ]
  if (given.length > 1) throw usageError(`the options are for ${given.join(' and ')}: say which by --auth`)
  return given[0] ?? methodOfEnvironment(environment)
}

/** What an option says goes before what the environment has. */
const methodOfEnvironment = (environment: Environment): AuthMethod | undefined => {
  const { CREDENCE_CLIENT_SECRET: secret, CREDENCE_CLIENT_SECRET_FILE: file } = environment
  if (!environment.CREDENCE_CLIENT_KEY_FILE) return undefined
  if (secret || file) {
    throw usageError(
      `${secret ? 'CREDENCE_CLIENT_SECRET' : 'CREDENCE_CLIENT_SECRET_FILE'} and CREDENCE_CLIENT_KEY_FILE are both set; unset one, or say which by --auth`,
    )
  }
  return 'private_key_jwt'
}

const presentSecret = (
  method: 'client_secret_basic' | 'client_secret_post' | undefined,
  secret: Secret,
): ClientAuthentication => {
  if (method === undefined) return { method, secret, clientSecret: secret.current }
  const present = method === 'client_secret_post' ? clientSecretPost : clientSecretBasic
  return { method, secret, auth: present(secret.current) }
}

const readKey = async (
  { key, keyId, keyAlg, assertionAudience }: ProviderOptions,
  { CREDENCE_CLIENT_KEY_FILE: keyFile }: Environment,
): Promise<PrivateKeyJwtOptions> => {
  const name = key === undefined && keyFile ? 'CREDENCE_CLIENT_KEY_FILE' : '--key'
  const text = await readText(fileOf(key ?? (keyFile || undefined), 'private_key_jwt', '--key'), name)
  return {
    key: text.trimStart().startsWith('{') ? parseJwk(text, name) : text,
    kid: keyId,
    alg: keyAlg,
    audience: assertionAudience,
  }
}

const parseJwk = (text: string, name: string): object & { readonly kty?: string } => {
  try {
    return JSON.parse(text)
  } catch {
    // what the parser says repeats a part of the key
    throw usageError(`${name} begins like a JWK and is no JSON`)
  }
}

const readCertificate = async ({ certificate, certificateKey, ca }: ProviderOptions) => ({
  cert: await readText(fileOf(certificate, 'tls_client_auth', '--certificate'), '--certificate'),
  key: await readText(fileOf(certificateKey, 'tls_client_auth', '--certificate-key'), '--certificate-key'),
  ca: ca === undefined ? undefined : await readText(ca, '--ca'),
})

const fileOf = (file: string | undefined, method: AuthMethod, flag: string): string => {
  if (file === undefined) throw usageError(`--auth ${method} needs ${flag} FILE`)
  return file
}

/** @throws {CliError} `usage` */
export const readText = async (file: string, flag: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw usageError(`${flag}: ${error instanceof Error ? error.message : 'cannot be read'}`)
  }
}

/** The secret alone, or a document such as `credence client create --json` prints, which says how old it is too. */
const readSecret = async ({
  CREDENCE_CLIENT_SECRET: secret,
  CREDENCE_CLIENT_SECRET_FILE: file,
}: Environment): Promise<Secret> => {
  if (secret && file) throw usageError('CREDENCE_CLIENT_SECRET and CREDENCE_CLIENT_SECRET_FILE are both set; unset one')
  if (secret) return { current: secret }
  if (!file)
    throw usageError(
      'no client secret: set CREDENCE_CLIENT_SECRET, or CREDENCE_CLIENT_SECRET_FILE to a file with it; of a client with a ' +
        'key, CREDENCE_CLIENT_KEY_FILE',
    )
  try {
    const read = await fileSecret(file).get()
    return { ...read, current: read.current.trimEnd() }
  } catch (error) {
    throw usageError(`CREDENCE_CLIENT_SECRET_FILE: ${error instanceof Error ? error.message : 'cannot be read'}`)
  }
}
