/** The name of a token outside this process: the same wherever the same token is meant, and telling nothing to who reads it. */
import type { TokenTarget } from './token_target.ts'

export interface CacheKeyParts {
  readonly issuer: string
  readonly clientId: string
  /** Which of the client's credentials asks, so that revoking one does not leave its tokens with the holders of another. */
  readonly credentialId: string | undefined
  readonly target: Pick<TokenTarget, 'key'>
}

/**
 * SHA-256 over all that tells one token from another: issuer, client, credential id, sorted scope, audience, resources and every
 * further parameter. 64 hexadecimal digits. The client's secret is no part of it.
 */
export const createCacheKey = async ({ issuer, clientId, credentialId, target }: CacheKeyParts): Promise<string> => {
  const text = JSON.stringify([issuer, clientId, credentialId ?? null, target.key])
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
