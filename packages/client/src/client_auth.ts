/** How the client proves who it is at the token endpoint. RFC 6749 §2.3.1. */
import { type ClientAuth, ClientSecretBasic, ClientSecretPost } from 'oauth4webapi'

/** A client authentication method. Any of oauth4webapi's fits as it is. */
export type { ClientAuth }

/** The secret, or a function that is asked anew for every token request, so that a rotated secret is picked up. */
export type SecretSource = string | (() => string | Promise<string>)

/**
 * The secret in the Authorization header, id and secret form-encoded. What `clientSecret` alone means.
 *
 * @see RFC 6749 §2.3.1
 */
export const clientSecretBasic = (secret: SecretSource): ClientAuth => presentSecret(secret, ClientSecretBasic)

/**
 * The secret in the body, for servers that do not read the Authorization header.
 *
 * @see RFC 6749 §2.3.1
 */
export const clientSecretPost = (secret: SecretSource): ClientAuth => presentSecret(secret, ClientSecretPost)

const presentSecret =
  (source: SecretSource, method: (secret: string) => ClientAuth): ClientAuth =>
  async (server, client, body, headers) => {
    const secret = typeof source === 'function' ? await source() : source
    await method(secret)(server, client, body, headers)
  }
