/** Client authentication for endpoints that have nothing else to claim: what may be used once is claimed with it. RFC 7523 §3. */
import type { ClaimOnce } from '../policy/claim_once.ts'
import type { AuthenticateClient } from './authenticate_client.ts'

/** The token endpoint claims by itself, after all that it checks besides. */
export const authenticateOnce =
  (authenticateClient: AuthenticateClient, claimOnce: ClaimOnce): AuthenticateClient =>
  async (presented, remoteAddress, userAgent) => {
    const client = await authenticateClient(presented, remoteAddress, userAgent)
    await claimOnce(client.replayClaims)
    return client
  }
