/** The store of signing keys: each step in the life of a key is one compare-and-swap, so that any replica may take it. */
import type { SigningKey } from './model.ts'

/** What an activation changed. */
export interface KeyActivation {
  readonly activated: SigningKey
  /** The key that signed before. */
  readonly retired: SigningKey | undefined
}

export interface KeyActivationTimes {
  /** Now, in epoch seconds. */
  readonly activatedAt: number
  /** When the key that signed before leaves the set. */
  readonly removeAt: number
  /** Does not wait for the key's `activateAt`. For emergencies. */
  readonly early?: boolean
}

/** What a revocation changed. */
export interface KeyRevocation {
  /** The key as it was. */
  readonly revoked: SigningKey
  /** The key that signs in its place; undefined when the revoked one was not the active one. */
  readonly activated: SigningKey | undefined
}

/**
 * An algorithm with any key has exactly one active key, from the first {@link createActive} on and for ever, and at most
 * one published key. No method here can leave it otherwise, whoever calls, how often, and wherever they are interrupted.
 */
export interface SigningKeyStore {
  /** Oldest first. */
  list(): Promise<readonly SigningKey[]>
  /**
   * Stores the key as the active one of its algorithm, unless there is an active one already.
   *
   * One compare-and-swap: of any number of callers at once, exactly one gets its key stored.
   *
   * @throws {StoreError} `already_exists` when there is no active key, and another one has this key's kid
   * @returns the active key, the caller's own or the one that was there
   */
  createActive(key: SigningKey): Promise<SigningKey>
  /**
   * Stores the key as the published one of its algorithm, if the active one still is `activeKid` and none is published.
   *
   * @returns whether it was stored
   */
  publish(key: SigningKey, activeKid: string): Promise<boolean>
  /**
   * Makes a published key the active one, and the active one a retired one whose private half is erased, in one step.
   *
   * @returns undefined when the key is not published, or not due and `early` is not set
   */
  activate(kid: string, times: KeyActivationTimes): Promise<KeyActivation | undefined>
  /** Deletes a retired key whose `removeAt` has come. Returns whether there was one. */
  remove(kid: string, now: number): Promise<boolean>
  /**
   * Deletes a key whatever its status. If it was the active one, the published one of its algorithm becomes active at once,
   * or, where there is none, `replacement` is stored as the active one.
   *
   * @throws {StoreError} `not_found`
   */
  revoke(kid: string, replacement: SigningKey): Promise<KeyRevocation>
  /** Replaces the sealed private key, for a change of the master key. Appends no change. */
  reseal(kid: string, sealedPrivateKey: Uint8Array): Promise<void>
}
