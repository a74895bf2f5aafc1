/** What every new credential has, whatever its client proves itself by. */
import { type Clock, createId, type Randomness } from '@credence/protocol'
import type { CredentialFacts } from '@credence/storage'

export interface NewCredentialOptions {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly label?: string | undefined
  /** Seconds from now. Undefined: for ever. */
  readonly expiresIn?: number | undefined
}

/** An id of its own, from now on, never used. */
export const newCredentialFacts = (
  clientId: string,
  { clock, randomness, label, expiresIn }: NewCredentialOptions,
): CredentialFacts => {
  const now = clock.epochSeconds()
  return {
    credentialId: createId('cred', now * 1000, randomness),
    clientId,
    label,
    createdAt: now,
    expiresAt: expiresIn === undefined ? undefined : now + expiresIn,
    revokedAt: undefined,
    lastUsedAt: undefined,
    lastUsedFrom: undefined,
    lastUsedUserAgent: undefined,
    lifetimeSeconds: expiresIn,
    replaces: undefined,
  }
}
