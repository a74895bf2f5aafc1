/** Who calls the management API, and what that allows: the owner of the local socket everything, a token what its scopes say. */
import { missingScopes } from '@credence/protocol'
import type { Grant } from '@credence/storage'
import { type AdminScope, adminAudience } from './admin_scopes.ts'
import { Problem } from './problem.ts'

export type Caller =
  | { readonly kind: 'local' }
  | {
      readonly kind: 'token'
      readonly clientId: string
      readonly scopes: readonly string[]
      /** The credential that the token was asked for with. */
      readonly credentialId: string
      readonly address: string
    }

/** @throws {Problem} `insufficient_scope` */
export const checkScope = (caller: Caller, needed: AdminScope): void => {
  if (caller.kind === 'local' || caller.scopes.includes(needed)) return
  throw new Problem('insufficient_scope', `this needs the scope ${needed}`, {
    headers: { 'www-authenticate': `Bearer realm="credence", error="insufficient_scope", scope="${needed}"` },
  })
}

/**
 * Nobody gives or gains admin scopes that they do not hold: not by a grant, and not by a credential of, or a change to, a
 * client that has them.
 *
 * @throws {Problem} `would_escalate`
 */
export const checkNoEscalation = (caller: Caller, grants: readonly Pick<Grant, 'audience' | 'scopes'>[]): void => {
  if (caller.kind === 'local') return
  const touched = grants.filter((grant) => grant.audience === adminAudience).flatMap((grant) => grant.scopes)
  const missing = missingScopes(touched, caller.scopes)
  if (missing.length > 0) {
    throw new Problem('would_escalate', `this touches admin scopes that the caller does not hold: ${missing.join(' ')}`)
  }
}
