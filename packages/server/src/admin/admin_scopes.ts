/** The built-in API through which Credence protects its own management, and the scopes that say what a caller may do there. */
import type { Clock, Randomness } from '@credence/protocol'
import { createId } from '@credence/protocol'
import { type Storage, StoreError } from '@credence/storage'
import { tokenTtlLimits } from '../policy/lifetime.ts'

export const adminAudience = 'urn:credence:admin'

export const adminScopes = [
  'admin:apis:read',
  'admin:apis:write',
  'admin:audit:read',
  'admin:audit:write',
  'admin:backup:read',
  'admin:clients:read',
  'admin:clients:write',
  'admin:credentials:read',
  'admin:credentials:write',
  'admin:grants:read',
  'admin:grants:write',
  'admin:usage:read',
  'admin:findings:read',
  'admin:explain:read',
  'admin:declarative:read',
  'admin:revocations:read',
  'admin:revocations:write',
  'admin:server:read',
  'admin:signing-keys:read',
  'admin:signing-keys:write',
] as const

export type AdminScope = (typeof adminScopes)[number]

/** Makes sure that the built-in API is there and knows every scope of this version. */
export const ensureAdminApi = async (
  storage: Storage,
  { clock, randomness }: { readonly clock: Clock; readonly randomness: Randomness },
): Promise<void> => {
  const now = clock.epochSeconds()
  const stored = await storage.apis.find(adminAudience)
  if (stored === undefined) {
    const id = createId('api', now * 1000, randomness)
    const api = { id, audience: adminAudience, scopes: adminScopes, tokenTtlSeconds: tokenTtlLimits.default } as const
    await storage.apis
      .create({
        ...{ ...api, signingAlgorithm: 'ES256', tokenFormat: 'jwt', senderConstraint: 'optional' },
        ...{ createdAt: now, updatedAt: now, revision: 1 },
      })
      .catch(ignoreOtherReplica)
  } else if (adminScopes.some((scope) => !stored.scopes.includes(scope))) {
    await storage.apis
      .update({ ...stored, scopes: adminScopes, updatedAt: now }, stored.revision)
      .catch(ignoreOtherReplica)
  }
}

/** Another replica that starts at the same time does the same. */
const ignoreOtherReplica = (error: unknown): void => {
  if (!(error instanceof StoreError && (error.code === 'already_exists' || error.code === 'revision_conflict')))
    throw error
}
