/** A secret in HashiCorp Vault's KV version 2, read by its HTTP API. */
import type { Fetch } from '../requests/bounded_fetch.ts'
import { TokenError } from '../token_error.ts'
import { parseSecretMembers } from './secret_document.ts'
import type { Secret, SecretStore } from './secret_source.ts'
import { createSecretStore, type SecretStoreOptions } from './secret_store.ts'
import { objectIn, parseStoreUrl, readStore } from './store_request.ts'

export interface VaultSecretOptions extends SecretStoreOptions {
  /** `https://vault.example.com:8200`, as in VAULT_ADDR. */
  readonly address: string
  /** Where the engine is mounted. Default: `secret`. */
  readonly mount?: string | undefined
  readonly path: string
  /** The member that holds the client secret. Default: `client_secret`. */
  readonly field?: string | undefined
  /** Vault's token, or a function that gives it: what an agent wrote to a file, for one. */
  readonly token: string | (() => string | Promise<string>)
  /** For Vault Enterprise and HCP. */
  readonly namespace?: string | undefined
  readonly fetch?: Fetch | undefined
}

const advice = {
  400: 'is the engine at this mount KV version 2?',
  403: 'the token is not valid or its policy lacks "read" on this path, which has "data/" in it',
  404: 'no such secret, or its latest version is deleted: check mount and path',
  412: 'this node has not caught up with the write that was waited for: try again',
  429: 'too many requests for its rate limit quota: raise reloadAfterSeconds',
  472: 'this is a disaster recovery secondary: use the primary’s address',
  473: 'this is a performance standby that is not ready: use another node',
  500: 'Vault failed: look at its log',
  502: 'a service behind Vault failed',
  503: 'Vault is sealed or in maintenance: unseal it',
}

/**
 * The latest version of a secret is the current one, the version before it the previous one.
 *
 * Needs the policy `path "MOUNT/data/PATH" { capabilities = ["read"] }`.
 *
 * @throws {TokenError} `invalid_configuration` or `insecure_url` when an option is wrong; the store `credential_unavailable`
 */
export const vaultSecret = (options: VaultSecretOptions): SecretStore => {
  const { mount = 'secret', path, field, namespace, fetch } = options
  const url = [parseStoreUrl('address', options.address), 'v1', segments(mount), 'data', segments(path)].join('/')
  let before: { readonly version: number; readonly previous: string | undefined } | undefined

  const readVersion = async (query: string, signal: AbortSignal) => {
    const token = typeof options.token === 'function' ? await options.token() : options.token
    const headers = {
      'x-vault-token': token,
      'x-vault-request': 'true',
      ...(namespace !== undefined && { 'x-vault-namespace': namespace }),
    }
    const { data } = await readStore(url + query, { fetch, headers, signal, advice })
    const { data: members, metadata } = objectIn(data)
    return { members: objectIn(members), metadata: objectIn(metadata) }
  }

  const readPrevious = async (version: number, signal: AbortSignal): Promise<string | undefined> => {
    if (before?.version === version) return before.previous
    // deleted, destroyed, beyond max_versions: then there is none
    const read = await readVersion(`?version=${version - 1}`, signal).catch(() => undefined)
    if (read === undefined) return undefined
    const value = read.members[field ?? 'client_secret']
    before = { version, previous: typeof value === 'string' && value !== '' ? value : undefined }
    return before.previous
  }

  return createSecretStore(async (signal): Promise<Secret> => {
    const { members, metadata } = await readVersion('', signal)
    const secret = parseSecretMembers(members, { where: `${url} at Vault`, field })
    const { version, created_time: created } = metadata
    const previous = typeof version === 'number' && version > 1 ? await readPrevious(version, signal) : undefined
    const createdMs = typeof created === 'string' ? Date.parse(created) : Number.NaN
    return {
      ...secret,
      previous: secret.previous ?? previous,
      createdAt: Number.isNaN(createdMs) ? undefined : Math.floor(createdMs / 1000),
    }
  }, options)
}

const segments = (path: string): string => {
  const parts = path.replace(/^\/|\/$/g, '').split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new TokenError('invalid_configuration', 'vaultSecret: mount and path must be names with / between them')
  }
  return parts.map(encodeURIComponent).join('/')
}
