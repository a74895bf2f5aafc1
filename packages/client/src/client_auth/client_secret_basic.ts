/** client_secret_basic: the secret in the Authorization header. RFC 6749 §2.3.1. */
import { ClientSecretBasic } from 'oauth4webapi'
import type { SecretSource } from '../secret_sources/secret_source.ts'
import { TokenError } from '../token_error.ts'
import type { ClientAuth } from './client_auth.ts'
import { presentSecret } from './client_secret.ts'

export interface ClientSecretBasicOptions {
  /**
   * `strict`, the default: id and secret are form-encoded, as §2.3.1 says. `raw`: sent as UTF-8 as they are, for servers that
   * do not decode them.
   */
  readonly encoding?: 'strict' | 'raw' | undefined
}

/**
 * The secret in the Authorization header. What `clientSecret` alone means.
 *
 * @throws {TokenError} `invalid_configuration` for another encoding than the two
 * @see RFC 6749 §2.3.1
 */
export const clientSecretBasic = (
  secret: SecretSource,
  { encoding = 'strict' }: ClientSecretBasicOptions = {},
): ClientAuth => {
  if (encoding !== 'strict' && encoding !== 'raw') {
    throw new TokenError('invalid_configuration', "clientSecretBasic: encoding must be 'strict' or 'raw'")
  }
  return presentSecret(secret, encoding === 'strict' ? ClientSecretBasic : rawBasic)
}

const rawBasic =
  (secret: string): ClientAuth =>
  (_server, { client_id }, _body, headers) => {
    // the first colon ends the id: RFC 7617 §2 "a user-id containing a colon character is invalid"
    if (client_id.includes(':')) {
      throw new TokenError('invalid_configuration', "a clientId with a colon cannot be sent with encoding: 'raw'")
    }
    const bytes = new TextEncoder().encode(`${client_id}:${secret}`)
    headers.set('authorization', `Basic ${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`)
  }
