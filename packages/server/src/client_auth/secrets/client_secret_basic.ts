/** client_secret_basic: id and secret in the Authorization header. RFC 6749 §2.3.1. */
import { OAuthError, parseBasicCredentials } from '@credence/protocol'
import type { ClientAuthMethod } from '../client_auth_method.ts'

/** RFC 9110 §11.1, §11.4: the scheme "is case-insensitive", and at least one space follows it. */
const isBasic = (authorization: string): boolean => authorization.slice(0, scheme.length).toLowerCase() === scheme
const scheme = 'basic '

export const clientSecretBasic: ClientAuthMethod = {
  read(form, { headers: { authorization } }) {
    if (authorization === undefined) return undefined
    if (!isBasic(authorization))
      throw new OAuthError('invalid_client', 'the Authorization header must use the Basic scheme')
    const { clientId, clientSecret } = parseBasicCredentials(authorization.slice(scheme.length).replace(/^ +/, ''))
    const named = form.get('client_id')
    if (named !== undefined && named !== clientId) {
      throw new OAuthError('invalid_request', 'client_id in the body differs from the one in the Authorization header')
    }
    return { method: 'client_secret_basic', clientId, clientSecret }
  },
}
