/** What a client authentication method is: how to see that a request uses it, and how to check what it brought. RFC 6749 §2.3. */
import type { Form } from '@credence/protocol'
import type { ClientRecord, Credential } from '@credence/storage'

/** What one method brought, by the method's wire name. */
export type PresentedCredentials = {
  readonly method: 'client_secret_basic' | 'client_secret_post'
  readonly clientId: string
  readonly clientSecret: string
}

export interface ClientAuthMethod {
  /** As in token_endpoint_auth_methods_supported. */
  readonly name: PresentedCredentials['method']
  /** The credentials, or undefined when the request does not use this method. */
  readonly read: (form: Form, authorization: string | undefined) => PresentedCredentials | undefined
}

/** Who asks, once it has been proven, and which credential proved it. */
export interface AuthenticatedClient {
  readonly record: ClientRecord
  readonly credential: Credential
}
