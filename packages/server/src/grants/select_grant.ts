/** Picks the grant type that a request names. RFC 6749 §5.2. */
import { OAuthError } from '@credence/protocol'
import type { GrantType } from './grant_type.ts'

/** @throws {OAuthError} `unsupported_grant_type` */
export const selectGrant = (grants: readonly GrantType[], name: string): GrantType => {
  const grant = grants.find((candidate) => candidate.name === name)
  if (grant !== undefined) return grant
  throw new OAuthError('unsupported_grant_type', `supported: ${grants.map((candidate) => candidate.name).join(', ')}`)
}
