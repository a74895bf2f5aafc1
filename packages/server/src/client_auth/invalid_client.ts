/** What a client is told that does not prove who it is. RFC 6749 §5.2. */
import { OAuthError } from '@credence/protocol'

/** The same for every reason, so that nobody learns which clients there are. @param detail the reason, for the log */
export const invalidClient = (detail: string): OAuthError =>
  new OAuthError('invalid_client', 'client authentication failed', { detail })
