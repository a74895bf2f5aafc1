/** The revocations that this server makes, each with how long it is needed. */
import { cutoffNeededSeconds, revokedNeededSeconds } from '@credence/protocol'
import type { TokenCutoff, TokenRevocation } from '@credence/storage'

/** A token of another replica may still be issued this long after what forbids it was stored. Seconds. */
const seenEverywhereSeconds = 5

interface TokenToRevoke {
  readonly issuer: string
  readonly jti: string
  /** Its exp. */
  readonly expiresAt: number
  readonly clientId?: string | undefined
  readonly audience?: string | undefined
}

export const revocationOfToken = (token: TokenToRevoke, now: number): TokenRevocation => ({
  kind: 'token',
  issuer: token.issuer,
  jti: token.jti,
  expiresAt: token.expiresAt,
  clientId: token.clientId,
  audience: token.audience,
  createdAt: now,
  neededUntil: token.expiresAt + revokedNeededSeconds,
})

interface TokensToCutOff {
  readonly issuer: string
  readonly clientId?: string | undefined
  readonly credentialId?: string | undefined
  readonly audience?: string | undefined
  /** Every token that is out already, unless given. */
  readonly issuedBefore?: number | undefined
}

export const cutoffOf = (tokens: TokensToCutOff, now: number): TokenCutoff => {
  // iat has whole seconds: what was issued in this one is told from what will be by nothing
  const issuedBefore = tokens.issuedBefore ?? now + 1
  return {
    kind: 'cutoff',
    issuer: tokens.issuer,
    clientId: tokens.clientId,
    credentialId: tokens.credentialId,
    audience: tokens.audience,
    issuedBefore,
    createdAt: now,
    neededUntil: issuedBefore + cutoffNeededSeconds,
  }
}

/**
 * The cut-off of what gets no more tokens: a disabled or deleted client, a revoked credential.
 *
 * It reaches a few seconds ahead, because another replica may not have heard of it and issue a token that would live on.
 */
export const cutoffForGood = (tokens: Omit<TokensToCutOff, 'issuedBefore'>, now: number): TokenCutoff =>
  cutoffOf({ ...tokens, issuedBefore: now + 1 + seenEverywhereSeconds }, now)
