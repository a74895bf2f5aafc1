/** Who asks about tokens: a client that authenticates as at the token endpoint, or a bearer of an admin token. RFC 7662 §2.1. */
import { JwtError } from '@credence/jwt'
import { type Clock, type Form, formatChallenges, OAuthError } from '@credence/protocol'
import type { VerifyAdminToken } from '../admin/verify_admin_token.ts'
import type { Directory } from '../directory/directory.ts'
import { readBearerToken } from '../http/bearer_token.ts'
import type { HttpRequest } from '../http/http_request.ts'
import type { AuthenticateClient } from './authenticate_client.ts'
import { authenticateRequest } from './authenticate_request.ts'
import type { AuthenticatedClient } from './client_auth_method.ts'

/** What someone may learn of tokens. */
export interface TokenReader {
  readonly clientId: string
  /** The audiences whose resource server it is; undefined for who may read of all tokens. */
  readonly serves: readonly string[] | undefined
  /** Whether that still is so, for an answer that takes long. */
  readonly mayGoOn: () => Promise<boolean>
}

export type AuthenticateReader = (request: HttpRequest, form: Form) => Promise<TokenReader>

export interface AuthenticateReaderDeps {
  readonly authenticateClient: AuthenticateClient
  readonly verifyAdminToken: VerifyAdminToken
  readonly directory: Directory
  readonly clock: Clock
}

/** With it, a token for the management API reads of all tokens. */
const scope = 'admin:revocations:read'

/** @throws {OAuthError} `invalid_client`, `invalid_request`, `invalid_token`, `insufficient_scope` */
export const createAuthenticateReader = (deps: AuthenticateReaderDeps): AuthenticateReader => {
  const verify = async (token: string) => {
    const admin = await deps.verifyAdminToken(token).catch((error: unknown) => {
      if (error instanceof JwtError) throw refused('invalid_token', error.message)
      throw error
    })
    if (admin === undefined)
      throw refused('invalid_token', 'the client is disabled, or its credential or the token revoked')
    if (!admin.scopes.includes(scope)) throw refused('insufficient_scope', `this needs the scope ${scope}`)
    return admin
  }

  const stillServes = async ({ record, credential }: AuthenticatedClient): Promise<boolean> => {
    const { credentialId, expiresAt } = credential
    const known = await deps.directory.clientByCredential(credentialId)
    return (
      known !== undefined &&
      !known.client.disabled &&
      known.credentials.some((held) => held.credentialId === credentialId) &&
      (expiresAt === undefined || expiresAt > deps.clock.epochSeconds()) &&
      record.client.serves.every((audience) => known.client.serves.includes(audience))
    )
  }

  return async (request, form) => {
    const token = readBearerToken(request.headers.authorization ?? '')
    if (token === undefined) {
      const client = await authenticateRequest(request, form, deps.authenticateClient)
      const { clientId, serves } = client.record.client
      return { clientId, serves, mayGoOn: () => stillServes(client) }
    }
    if (form.get('client_secret') !== undefined || form.get('client_assertion') !== undefined) {
      throw new OAuthError('invalid_request', 'a bearer token and client authentication in one request')
    }
    const { clientId } = await verify(token)
    const mayGoOn = () => verify(token).then(() => true)
    return { clientId, serves: undefined, mayGoOn }
  }
}

const refused = (error: 'invalid_token' | 'insufficient_scope', description: string) =>
  new OAuthError(error, description, {
    headers: {
      'www-authenticate': formatChallenges([
        { scheme: 'Bearer', parameters: { error, ...(error === 'insufficient_scope' && { scope }) } },
      ]),
    },
  })
