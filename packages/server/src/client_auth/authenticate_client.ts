/** Client authentication: proves who asks, notes which credential it was, and takes the same time for every refusal. RFC 6749 §2.3. */
import { setTimeout as delay } from 'node:timers/promises'
import { type Clock, OAuthError } from '@credence/protocol'
import type { CheckCredentials } from './check_credentials.ts'
import type { AuthenticatedClient, PresentedCredentials } from './client_auth_method.ts'
import type { CredentialUseRecorder } from './credential_uses.ts'

export type AuthenticateClient = (
  presented: PresentedCredentials,
  remoteAddress: string,
  userAgent?: string,
) => AuthenticatedClient | Promise<AuthenticatedClient>

export interface AuthenticateClientDeps {
  readonly check: CheckCredentials
  /** Is told of every refusal, and says what to answer. */
  readonly refuse: (refusal: OAuthError, presented: PresentedCredentials, remoteAddress: string) => OAuthError
  readonly uses: CredentialUseRecorder
  readonly clock: Clock
}

/**
 * A refusal is answered this long after the request came, so that its time does not tell an unknown client from a wrong
 * secret, or a known credential id from an unknown one. Longer than a read of the store takes.
 */
const refusalMs = 10

export const createAuthenticateClient = ({
  check,
  refuse,
  uses,
  clock,
}: AuthenticateClientDeps): AuthenticateClient => {
  const refuseLate = async (error: unknown, { presented, remoteAddress, startedAt }: Attempt): Promise<never> => {
    if (!(error instanceof OAuthError)) throw error
    await delay(Math.max(0, refusalMs - (clock.monotonicMs() - startedAt)))
    throw refuse(error, presented, remoteAddress)
  }

  return (presented, remoteAddress, userAgent) => {
    const startedAt = clock.monotonicMs()
    const accept = (authenticated: AuthenticatedClient) => {
      uses.note(authenticated.credential.credentialId, remoteAddress, userAgent)
      return authenticated
    }
    const refused = (error: unknown) => refuseLate(error, { presented, remoteAddress, startedAt })
    try {
      const checked = check(presented)
      // known at once, for a client that the directory holds: whoever asks waits for no turn
      return checked instanceof Promise ? checked.then(accept).catch(refused) : accept(checked)
    } catch (error) {
      return refused(error)
    }
  }
}

interface Attempt {
  readonly presented: PresentedCredentials
  readonly remoteAddress: string
  readonly startedAt: number
}
