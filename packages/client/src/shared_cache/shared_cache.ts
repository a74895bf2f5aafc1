/** What a cache shared between processes is to a token manager, and what a store is to the cache. */
import type { Clock } from '@credence/protocol'
import type { IssuedToken } from '../access_token.ts'
import type { TokenNeed } from '../cache/token_slot.ts'
import type { TokenTarget } from '../cache/token_target.ts'
import type { SharedCacheEvent } from '../events.ts'
import type { Sleep } from '../requests/deadline.ts'

/**
 * A store that several processes reach: Redis, a table, anything that keeps text under a key for a while. What it throws, says
 * too late or says wrong is taken for an empty store. It sees hashed keys and sealed values.
 */
export interface SharedStore {
  /** What was set and has not ended; null or undefined where there is nothing. */
  readonly get: (key: string) => Promise<string | null | undefined>
  /**
   * Keeps a value for `ttlMs` milliseconds. With `onlyIfAbsent`, in one step, only where there is nothing.
   *
   * @returns whether it was set
   */
  readonly set: (key: string, value: string, options: SharedStoreSetOptions) => Promise<boolean>
  /** Forgets what is under the key if it is this value, in one step. */
  readonly remove: (key: string, value: string) => Promise<unknown>
}

export interface SharedStoreSetOptions {
  readonly ttlMs: number
  readonly onlyIfAbsent: boolean
}

/** Made by {@link sealedCache}; one serves any number of token managers. */
export interface SharedCache {
  readonly partition: string | undefined
  readonly connect: (manager: SharingManager) => SharedTokens
}

/** The token manager that shares its tokens. */
export interface SharingManager {
  readonly issuer: string
  readonly clientId: string
  /** Which credential the manager presents, where that is known. */
  readonly credentialId: () => Promise<string | undefined>
  /** RFC 7638 thumbprint of the key that tokens are bound to (RFC 9449). Undefined: they are bound to none. */
  readonly thumbprint: (() => Promise<string>) | undefined
  readonly expiryBufferSeconds: number
  readonly clock: Clock
  /** What must be added to the clock to have the authorization server's, in seconds. */
  readonly skewSeconds: () => number
  readonly sleep: Sleep
  readonly random: () => number
  /** Fires when the token manager is closed. */
  readonly closing: AbortSignal
  readonly onLookup: (result: SharedCacheEvent['result']) => void
}

export interface SharedTokens {
  /** The token that is shared, or else that of `request`, which is sent by one process of many. Throws what `request` throws. */
  readonly obtain: (wanted: WantedToken) => Promise<IssuedToken>
  /** Forgets a token that was refused, here at once and for everybody if it still is the one that is shared. */
  readonly invalidate: (target: TokenTarget, accessToken: string) => void
}

export interface WantedToken {
  readonly target: TokenTarget
  readonly need: TokenNeed
  readonly request: () => Promise<IssuedToken>
}
