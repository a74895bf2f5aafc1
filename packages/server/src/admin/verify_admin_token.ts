/** Verifies a token for the management API's audience, as the server that issued it can: revoked means refused at once. RFC 9068 §4. */
import { type KeySet, type VerifiedClaims, verifyAccessToken } from '@credence/jwt'
import type { Clock } from '@credence/protocol'
import type { Directory } from '../directory/directory.ts'
import { adminAudience } from './admin_scopes.ts'

export interface AdminToken {
  readonly clientId: string
  readonly credentialId: string
  readonly scopes: readonly string[]
}

/**
 * A token counts only as long as its credential does: a disabled client or a revoked credential is out at once.
 *
 * @returns undefined when the client is disabled, or the credential or the token is revoked
 * @throws {JwtError} when the token does not verify
 */
export type VerifyAdminToken = (token: string) => Promise<AdminToken | undefined>

export interface VerifyAdminTokenDeps {
  readonly issuer: string
  readonly keys: KeySet
  readonly clock: Clock
  readonly directory: Directory
  readonly isDenied: (claims: VerifiedClaims) => boolean
}

export const createVerifyAdminToken =
  ({ issuer, keys, clock, directory, isDenied }: VerifyAdminTokenDeps): VerifyAdminToken =>
  async (token) => {
    const claims = await verifyAccessToken(token, { issuer, audience: adminAudience, keys, clock })
    const credentialId = String(claims.credential_id)
    const record = await directory.clientByCredential(credentialId)
    if (record === undefined || record.client.disabled || isDenied(claims)) return undefined
    if (!record.credentials.some((held) => held.credentialId === credentialId)) return undefined
    return { clientId: claims.client_id, credentialId, scopes: (claims.scope ?? '').split(' ') }
  }
