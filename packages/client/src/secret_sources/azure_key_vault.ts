/** A secret in Azure Key Vault, read by its REST API. */
import type { Fetch } from '../requests/bounded_fetch.ts'
import { TokenError } from '../token_error.ts'
import { parseSecretText } from './secret_document.ts'
import type { SecretStore } from './secret_source.ts'
import { createSecretStore, type SecretStoreOptions } from './secret_store.ts'
import { objectIn, parseStoreUrl, readStore } from './store_request.ts'

export interface AzureSecretOptions extends SecretStoreOptions {
  /** `https://my-vault.vault.azure.net` */
  readonly vaultUrl: string
  readonly name: string
  /** An access token for `https://vault.azure.net/.default`, from a managed identity for one. */
  readonly getToken: () => string | Promise<string>
  /** The member of a JSON secret that holds the client secret. Default: `client_secret`. */
  readonly field?: string | undefined
  /** Default: `7.4`. */
  readonly apiVersion?: string | undefined
  readonly fetch?: Fetch | undefined
}

const advice = {
  401: 'the access token is not valid or not for https://vault.azure.net',
  403: 'the identity may not read secrets (role "Key Vault Secrets User"), the secret is disabled, or a firewall is in the way',
  404: 'no such secret in this vault',
  429: 'throttled: raise reloadAfterSeconds',
}

interface Version {
  readonly id: string
  readonly created: number
}

/**
 * The latest version is the current secret, the newest enabled one before it the previous.
 *
 * Needs the permission to get secrets; without the permission to list them there is no previous one.
 *
 * @throws {TokenError} `invalid_configuration` or `insecure_url` when an option is wrong; the store `credential_unavailable`
 */
export const azureSecret = (options: AzureSecretOptions): SecretStore => {
  const { name, field, apiVersion = '7.4', fetch } = options
  if (!/^[0-9A-Za-z-]{1,127}$/.test(name)) {
    throw new TokenError('invalid_configuration', 'azureSecret: name must be 1 to 127 letters, digits and hyphens')
  }
  const url = `${parseStoreUrl('vaultUrl', options.vaultUrl)}/secrets/${name}`
  let before: { readonly of: string; readonly previous: string | undefined } | undefined

  const read = async (path: string, signal: AbortSignal) => {
    const headers = { authorization: `Bearer ${await options.getToken()}` }
    return readStore(`${url}${path}?api-version=${apiVersion}`, { fetch, headers, signal, advice })
  }

  const parse = ({ value }: Readonly<Record<string, unknown>>) =>
    parseSecretText(typeof value === 'string' ? value : '', { where: url, field })

  const readPrevious = async (current: Version, signal: AbortSignal): Promise<string | undefined> => {
    if (before?.of === current.id) return before.previous
    const found = await findPrevious(current, signal).then(
      (previous) => ({ of: current.id, previous }),
      () => undefined,
    )
    before = found
    return found?.previous
  }

  const findPrevious = async (current: Version, signal: AbortSignal): Promise<string | undefined> => {
    const { value } = await read('/versions', signal)
    const older = (Array.isArray(value) ? value : [])
      .map(objectIn)
      .filter(({ attributes }) => objectIn(attributes).enabled === true)
      .map(toVersion)
      .filter(({ id, created }) => id !== current.id && created <= current.created)
      .sort((one, other) => other.created - one.created)[0]
    const version = older?.id.split('/').at(-1)
    return version === undefined ? undefined : parse(await read(`/${encodeURIComponent(version)}`, signal)).current
  }

  return createSecretStore(async (signal) => {
    const answer = await read('', signal)
    const secret = parse(answer)
    const version = toVersion(answer)
    const { exp } = objectIn(answer.attributes)
    return {
      ...secret,
      previous: secret.previous ?? (await readPrevious(version, signal)),
      createdAt: version.created,
      expiresAt: secret.expiresAt ?? (typeof exp === 'number' ? exp : undefined),
    }
  }, options)
}

const toVersion = ({ id, attributes }: Readonly<Record<string, unknown>>): Version => {
  const { created } = objectIn(attributes)
  return { id: String(id), created: typeof created === 'number' ? created : 0 }
}
