/** Authenticates once, and once more where the method has something else to try after a refusal. RFC 6749 §5.2. */
import type { ClientAuth as Authenticate } from 'oauth4webapi'
import { TokenError } from '../token_error.ts'
import type { ClientAuth, SecretHooks } from './client_auth.ts'

/** @throws what the last attempt threw */
export const withTries = async <T>(
  auth: ClientAuth,
  hooks: SecretHooks,
  attempt: (authenticate: Authenticate) => Promise<T>,
): Promise<T> => {
  const tries = auth.begin?.(hooks)
  if (tries === undefined) return attempt(auth)
  for (let made = 1; ; made++) {
    try {
      const result = await attempt(tries.authenticate)
      tries.accepted()
      return result
    } catch (error) {
      if (!(error instanceof TokenError) || error.code !== 'invalid_client') throw error
      const hasOther = await tries.refused().catch(() => false)
      if (!hasOther || made === 2) throw error
    }
  }
}
