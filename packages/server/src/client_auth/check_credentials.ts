/** Checks what a request brought by the method that it used. RFC 6749 §2.3. */
import { OAuthError } from '@credence/protocol'
import type {
  AuthenticatedClient,
  PresentedAssertion,
  PresentedCertificate,
  PresentedCredentials,
  PresentedSecret,
} from './client_auth_method.ts'

type Check<Presented> = (presented: Presented) => AuthenticatedClient | Promise<AuthenticatedClient>

/** The value itself where nothing has to be asked for, which the token path is faster by. */
export type CheckCredentials = Check<PresentedCredentials>

export interface CredentialChecks {
  readonly secret: Check<PresentedSecret>
  /** Undefined: not supported here. */
  readonly assertion?: Check<PresentedAssertion>
  readonly certificate?: Check<PresentedCertificate>
}

/** @throws {OAuthError} `invalid_client` */
export const createCheckCredentials =
  (checks: CredentialChecks): CheckCredentials =>
  (presented) => {
    switch (presented.method) {
      case 'client_secret_basic':
      case 'client_secret_post':
        return checks.secret(presented)
      case 'client_assertion':
        return checks.assertion?.(presented) ?? unsupported('client assertions')
      case 'client_certificate':
        return checks.certificate?.(presented) ?? unsupported('client certificates')
    }
  }

const unsupported = (what: string): never => {
  throw new OAuthError('invalid_client', `${what} are not supported`)
}
