/** What a client authentication method is: how the client proves who it is at the token endpoint. RFC 6749 §2.3. */
import type { ClientAuth as Authenticate } from 'oauth4webapi'
import type { Fetch } from '../requests/bounded_fetch.ts'
import type { SecretHolder } from '../secret_sources/secret_holder.ts'

/** A client authentication method. Any of oauth4webapi's fits as it is; what is more than a function is optional. */
export interface ClientAuth extends Authenticate {
  /** Begins the authentication of one token request, where the method can do better after a refusal. */
  readonly begin?: ((hooks: SecretHooks) => AuthAttempt) | undefined
  /** What the manager sends everything with: a method that is a matter of the connection brings its own. */
  readonly fetch?: Fetch | undefined
  /** The client's certificate proves who it is, so that the endpoints of RFC 8705 §5 are used where the server has them. */
  readonly usesMtlsAliases?: boolean | undefined
  /** The secret that this method presents, for managed rotation. */
  readonly secrets?: SecretHolder | undefined
}

/** One token request, with its further tries. */
export interface AuthAttempt {
  readonly authenticate: Authenticate
  /** After invalid_client: true when there is something else to try, at most once. */
  readonly refused: () => Promise<boolean>
  readonly accepted: () => void
}

/** Told about secrets by id, never by value. What a hook throws is ignored. */
export interface SecretHooks {
  /** The server did not accept a secret. `credentialId` where the source knows it. */
  readonly onSecretRejected?: ((secret: { readonly credentialId: string | undefined }) => void) | undefined
  /** The current secret, which this is, was not accepted and the one before it was: the source is ahead of the server. */
  readonly onPreviousSecretUsed?: ((secret: { readonly credentialId: string | undefined }) => void) | undefined
}

/** No authentication, and no client_id: the grant itself proves who asks (RFC 7521 §4.1). */
export const noClientAuth: ClientAuth = () => undefined
