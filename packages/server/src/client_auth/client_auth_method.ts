/** What a client authentication method is: how to see that a request uses it, and what it brought. RFC 6749 §2.3. */
import type { Form } from '@credence/protocol'
import type { ClientRecord, Credential, ReplayClaim, TokenEndpointAuthMethod } from '@credence/storage'
import type { ClientCertificate, HttpRequest } from '../http/http_request.ts'

/** What a request brought to say who asks. */
export type PresentedCredentials = PresentedSecret | PresentedAssertion | PresentedCertificate

export interface PresentedSecret {
  readonly method: 'client_secret_basic' | 'client_secret_post'
  readonly clientId: string
  readonly clientSecret: string
}

/** A JWT of the client or of its platform: which of the two, and so which method it is, the client's credentials say. RFC 7521 §4.2. */
export interface PresentedAssertion {
  readonly method: 'client_assertion'
  readonly clientId: string
  readonly assertion: string
  /** `client_assertion_type`, as it came. */
  readonly assertionType: string
}

/** A client_id with nothing beside it: the certificate of its connection speaks for it. RFC 8705 §2. */
export interface PresentedCertificate {
  readonly method: 'client_certificate'
  readonly clientId: string
  readonly certificate: ClientCertificate
}

export interface ClientAuthMethod {
  /** The credentials, or undefined when the request does not use this method. */
  readonly read: (form: Form, request: PresentingRequest) => PresentedCredentials | undefined
}

export type PresentingRequest = Pick<HttpRequest, 'headers' | 'certificate'>

/** Who asks, once it has been proven, and which credential proved it. */
export interface AuthenticatedClient {
  readonly record: ClientRecord
  readonly credential: Credential
  readonly method: TokenEndpointAuthMethod
  /** What must not have been used before, to be claimed once every other check has passed. RFC 7523 §3. */
  readonly replayClaims: readonly ReplayClaim[]
}

/** For a method whose proof may be used again. */
export const nothingToClaim: readonly ReplayClaim[] = []
