/** The name of a token outside this process: the same wherever the same token is meant, and telling nothing to who reads it. */
import type { TokenTarget } from './token_target.ts'

export interface CacheKeyParts {
  readonly issuer: string
  readonly clientId: string
  /** Which of the client's credentials asks, so that revoking one does not leave its tokens with the holders of another. */
  readonly credentialId: string | undefined
  readonly target: Pick<TokenTarget, 'key'>
  /** What tells tokens apart that all else does not: see SealedCacheOptions. */
  readonly partition?: string | undefined
  /** RFC 7638 thumbprint of the key that the token is bound to: without that key it is of no use. */
  readonly thumbprint?: string | undefined
}

/**
 * SHA-256 over all that tells one token from another: issuer, client, credential id, sorted scope, audience, resources and every
 * further parameter, partition and key binding. 64 hexadecimal digits. The client's secret is no part of it.
 */
export const createCacheKey = async (parts: CacheKeyParts): Promise<string> => {
  const { issuer, clientId, credentialId, target, partition, thumbprint } = parts
  const told = [issuer, clientId, credentialId ?? null, target.key, partition ?? null, thumbprint ?? null]
  const text = JSON.stringify(told)
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
