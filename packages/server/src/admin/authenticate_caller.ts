/** Authenticates calls to the management API: nothing on the local socket, a Credence token for urn:credence:admin over TCP. RFC 6750. */
import type { IncomingMessage } from 'node:http'
import { JwtError, type KeySet, verifyAccessToken } from '@credence/jwt'
import { type Clock, formatChallenges } from '@credence/protocol'
import type { Directory } from '../directory/directory.ts'
import { adminAudience } from './admin_scopes.ts'
import type { Caller } from './caller.ts'
import { Problem } from './problem.ts'
import { resourceMetadataUrl } from './resource_metadata.ts'

export type AuthenticateCaller = (request: IncomingMessage) => Promise<Caller>

export interface AuthenticateCallerDeps {
  readonly issuer: string
  readonly keys: KeySet
  readonly clock: Clock
  readonly directory: Directory
  /** Whether a request came over the socket that only the owner of the data folder can open. */
  readonly isLocal: (request: IncomingMessage) => boolean
}

const bearer = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i

/**
 * A token counts only as long as its credential does: a disabled client or a revoked credential is out at once.
 *
 * @throws {Problem} `unauthorized`
 */
export const createAuthenticateCaller =
  ({ issuer, keys, clock, directory, isLocal }: AuthenticateCallerDeps): AuthenticateCaller =>
  async (request) => {
    if (isLocal(request)) return { kind: 'local' }
    const { authorization, host } = request.headers
    const unauthorized = createRefusal(host)
    if (authorization === undefined) throw unauthorized('no token', {})
    const token = bearer.exec(authorization)?.[1]
    if (token === undefined) throw unauthorized('the Authorization header must carry a Bearer token', invalidToken)
    try {
      const claims = await verifyAccessToken(token, { issuer, audience: adminAudience, keys, clock })
      const record = await directory.clientByCredential(String(claims.credential_id))
      if (record === undefined || record.client.disabled || !holds(record.credentials, String(claims.credential_id))) {
        throw unauthorized('the client is disabled or its credential is revoked', invalidToken)
      }
      return { kind: 'token', clientId: claims.client_id, scopes: (claims.scope ?? '').split(' ') }
    } catch (error) {
      if (error instanceof JwtError) throw unauthorized(error.message, invalidToken)
      throw error
    }
  }

const holds = (credentials: readonly { readonly credentialId: string }[], credentialId: string): boolean =>
  credentials.some((credential) => credential.credentialId === credentialId)

const invalidToken = { error: 'invalid_token' }

/** RFC 9728 §5.1: the challenge says where to learn which authorization server gives tokens. */
const createRefusal = (host: string | undefined) => {
  const metadataUrl = resourceMetadataUrl(host)
  const known = { realm: 'credence', ...(metadataUrl !== undefined && { resource_metadata: metadataUrl }) }
  return (detail: string, parameters: Readonly<Record<string, string>>): Problem =>
    new Problem('unauthorized', detail, {
      headers: {
        'www-authenticate': formatChallenges([{ scheme: 'Bearer', parameters: { ...known, ...parameters } }]),
      },
    })
}
