/** Sees to it that every refusal of a token after authentication is in the audit log, with the reason that its caller is not told. */
import { OAuthError } from '@credence/protocol'
import type { RequestObserver } from '../http/request_observer.ts'
import type { FailureRecorder } from './failure_recorder.ts'

/**
 * An observer that tells the audit log of refusals. It runs when an answer is on its way, so no token request waits for it.
 *
 * Does not see: who could not be authenticated, which is recorded where that is refused.
 */
export const observeRefusedTokens =
  (observe: RequestObserver, noteRefused: FailureRecorder['noteRefused']): RequestObserver =>
  (activity, status, error) => {
    observe(activity, status, error)
    const { client, remoteAddress } = activity
    if (client === undefined || !(error instanceof OAuthError)) return
    const { record, credential, method } = client
    noteRefused(error, {
      clientId: record.client.clientId,
      credentialId: credential.credentialId,
      method,
      remoteAddress,
    })
  }
