/** The provider that the options name, as options for createTokenManager: its preset, the client, and what is asked for. */
import { type Secret, TokenError, type TokenManagerOptions } from '@credence/client'
import { auth0, cognito, credence, entra, generic, google, keycloak, okta } from '@credence/client/presets'
import { CliError, usageError } from '../cli_error.ts'
import { resolveIssuer } from '../management/resolve_issuer.ts'
import { type ClientAuthentication, readClientAuthentication, readText } from './client_authentication.ts'
import { checkPresetFlags } from './preset_flags.ts'
import type { AuthMethod, ProviderName, ProviderOptions } from './provider_options.ts'

export interface Provider {
  /** Undefined: not said, and read from the issuer where that tells. */
  readonly name: ProviderName | undefined
  readonly options: TokenManagerOptions
  /** Undefined where the grant itself proves who asks. */
  readonly authMethod: AuthMethod | undefined
  /** What is known of the secret, where there is one. */
  readonly secret: Secret | undefined
  /** Who is trusted to be the server, PEM. Undefined: the system's authorities. */
  readonly ca?: string | undefined
}

/** The method that a preset presents a secret by. */
const secretMethods: Readonly<Record<ProviderName, AuthMethod | undefined>> = {
  auth0: 'client_secret_post',
  okta: 'client_secret_basic',
  entra: 'client_secret_post',
  cognito: 'client_secret_basic',
  google: undefined,
  keycloak: 'client_secret_post',
  credence: 'client_secret_basic',
  generic: 'client_secret_basic',
}

/**
 * @throws {CliError} `usage` when an option is missing or of no use here; the code of the TokenError when a preset refuses
 *   what it is given
 */
export const resolveProvider = async (
  options: ProviderOptions,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Provider> => {
  const preset = options.provider ?? 'generic'
  checkPresetFlags(preset, options)
  try {
    if (preset === 'google') {
      return { name: preset, options: await googleOptions(options), authMethod: undefined, secret: undefined }
    }
    const clientId = options.clientId ?? environment.CREDENCE_CLIENT_ID
    if (!clientId) throw usageError('no client id: give --client-id or set CREDENCE_CLIENT_ID')
    const client = await readClientAuthentication(options, environment)
    return {
      name: options.provider,
      options: await presetOptions(preset, options, { clientId, ...client }),
      authMethod: client.method ?? secretMethods[preset],
      secret: client.secret,
      ca: client.ca,
    }
  } catch (error) {
    throw toCliError(error)
  }
}

/** An error of the client library under its own code. */
export const toCliError = (error: unknown): unknown =>
  error instanceof TokenError ? new CliError(error.code, error.message, { cause: error }) : error

/** Where a preset finds its issuer without anybody to ask as: a stand-in for the client, which is never sent. */
export const placesOf = async (options: ProviderOptions): Promise<TokenManagerOptions> => {
  const preset = options.provider ?? 'generic'
  checkPresetFlags(preset, options)
  try {
    if (preset === 'google') return await googleOptions(options)
    return await presetOptions(preset, options, {
      clientId: '00000000-0000-0000-0000-000000000000',
      method: undefined,
      auth: () => undefined,
    })
  } catch (error) {
    throw toCliError(error)
  }
}

const presetOptions = async (
  preset: Exclude<ProviderName, 'google'>,
  options: ProviderOptions,
  { clientId, auth, clientSecret }: ClientAuthentication & { readonly clientId: string },
): Promise<TokenManagerOptions> => {
  const asked = askedOf(options)
  const client = { clientId, ...(auth === undefined ? { clientSecret } : { auth }), ...asked }
  const { domain = '', tenant = '', userPool = '', url = '', realm = '', issuer, tokenEndpoint } = options
  switch (preset) {
    case 'auth0':
      return auth0({ ...client, domain, audience: options.audience ?? '' })
    case 'okta':
      return okta({ ...client, domain, authorizationServer: options.authorizationServer, scope: asked.scope ?? '' })
    case 'entra':
      return entra({ ...client, tenant, authority: options.authority, scope: asked.scope?.join(' ') ?? '' })
    case 'cognito':
      return cognito({ ...client, domain, userPoolId: userPool, issuer })
    case 'keycloak':
      return keycloak({ ...client, url, realm })
    case 'credence':
      return credence({ ...client, issuer: await resolveIssuer(issuer) })
    case 'generic':
      return generic({ ...client, issuer: await resolveIssuer(issuer), tokenEndpoint })
  }
}

const googleOptions = async (options: ProviderOptions): Promise<TokenManagerOptions> => {
  const { keyFile = '', targetAudience } = options
  return google({ ...askedOf(options), key: await readText(keyFile, '--key-file'), targetAudience })
}

const askedOf = ({ scope, audience, resource, parameter, dpop }: ProviderOptions) => ({
  ...(scope !== undefined && { scope: scope.flat() }),
  ...(audience !== undefined && { audience }),
  ...(resource !== undefined && { resource }),
  ...(parameter !== undefined && { parameters: Object.fromEntries(parameter) }),
  ...(dpop === true && { dpop: {} }),
})
