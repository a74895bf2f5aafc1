/** Revocations as the feed shows them. Wire names begin here. */
import type { RevocationCutoff, RevocationDocument } from '@credence/protocol'
import type { Revocation, TokenCutoff } from '@credence/storage'

export const toRevocationDocument = (cursor: string, revocations: readonly Revocation[]): RevocationDocument => ({
  cursor,
  revoked: revocations.flatMap((revocation) =>
    revocation.kind === 'token' ? [{ iss: revocation.issuer, jti: revocation.jti, exp: revocation.expiresAt }] : [],
  ),
  cutoffs: revocations.flatMap((revocation) => (revocation.kind === 'cutoff' ? [toCutoffDocument(revocation)] : [])),
})

export const toCutoffDocument = (cutoff: TokenCutoff): RevocationCutoff => ({
  iss: cutoff.issuer,
  ...(cutoff.clientId !== undefined && { client_id: cutoff.clientId }),
  ...(cutoff.credentialId !== undefined && { credential_id: cutoff.credentialId }),
  ...(cutoff.audience !== undefined && { aud: cutoff.audience }),
  issued_before: cutoff.issuedBefore,
})
