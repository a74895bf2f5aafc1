/** client_secret_basic: id and secret in the Authorization header. RFC 6749 §2.3.1. */
import { OAuthError, parseBasicCredentials } from '@credence/protocol'
import type { ClientAuthMethod } from '../client_auth_method.ts'

const scheme = /^basic +/i

export const clientSecretBasic: ClientAuthMethod = {
  read(form, { headers: { authorization } }) {
    if (authorization === undefined) return undefined
    const prefix = scheme.exec(authorization)
    if (prefix === null) throw new OAuthError('invalid_client', 'the Authorization header must use the Basic scheme')
    const { clientId, clientSecret } = parseBasicCredentials(authorization.slice(prefix[0].length))
    const named = form.get('client_id')
    if (named !== undefined && named !== clientId) {
      throw new OAuthError('invalid_request', 'client_id in the body differs from the one in the Authorization header')
    }
    return { method: 'client_secret_basic', clientId, clientSecret }
  },
}
