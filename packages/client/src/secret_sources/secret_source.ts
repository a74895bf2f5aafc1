/** Where a client secret comes from, and what is known of it. */

/** A secret as its source has it. Times in epoch seconds. */
export interface Secret {
  readonly current: string
  /** The one before, which may still work while servers and sources change over. */
  readonly previous?: string | undefined
  /** The public id of the current one, for hooks and events. */
  readonly credentialId?: string | undefined
  readonly createdAt?: number | undefined
  /** Infinity: never. Undefined: not known. */
  readonly expiresAt?: number | undefined
}

/** A source that keeps what it has read for a while, or reads again when told to. */
export interface SecretStore {
  /** @throws {TokenError} `credential_unavailable`, with what to do about it */
  readonly get: () => Promise<Secret>
  /** Reads again, whatever was kept. */
  readonly reload: () => Promise<Secret>
}

/**
 * The secret; or a function that is asked anew for every token request, so that a rotated secret is picked up; or one of the
 * stores of this package.
 */
export type SecretSource = string | (() => string | Secret | Promise<string | Secret>) | SecretStore

/** One shape for all of them. */
export const toSecretStore = (source: SecretSource): SecretStore => {
  if (typeof source === 'object') return source
  const read = async (): Promise<Secret> => {
    const secret = typeof source === 'function' ? await source() : source
    return typeof secret === 'string' ? { current: secret } : secret
  }
  return { get: read, reload: read }
}
