/** client_secret_post: id and secret in the body. RFC 6749 §2.3.1. */
import { OAuthError } from '@credence/protocol'
import type { ClientAuthMethod } from '../client_auth_method.ts'

export const clientSecretPost: ClientAuthMethod = {
  read(form) {
    const clientSecret = form.get('client_secret')
    if (clientSecret === undefined) return undefined
    const clientId = form.get('client_id')
    if (clientId === undefined) throw new OAuthError('invalid_request', 'client_secret without client_id')
    return { method: 'client_secret_post', clientId, clientSecret }
  },
}
