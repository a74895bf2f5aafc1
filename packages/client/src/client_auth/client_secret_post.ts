/** client_secret_post: the secret in the body. RFC 6749 §2.3.1. */
import { ClientSecretPost } from 'oauth4webapi'
import type { SecretSource } from '../secret_sources/secret_source.ts'
import type { ClientAuth } from './client_auth.ts'
import { presentSecret } from './client_secret.ts'

/**
 * The secret in the body, for servers that do not read the Authorization header.
 *
 * @see RFC 6749 §2.3.1
 */
export const clientSecretPost = (secret: SecretSource): ClientAuth => presentSecret(secret, ClientSecretPost)
