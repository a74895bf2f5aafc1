/** Authenticates calls to the management API: nothing on the local socket, a Credence token for urn:credence:admin over TCP. RFC 6750. */
import type { IncomingMessage } from 'node:http'
import { JwtError } from '@credence/jwt'
import { formatChallenges } from '@credence/protocol'
import { readBearerToken } from '../http/bearer_token.ts'
import type { Caller } from './caller.ts'
import { Problem } from './problem.ts'
import { resourceMetadataUrl } from './resource_metadata.ts'
import type { VerifyAdminToken } from './verify_admin_token.ts'

export type AuthenticateCaller = (request: IncomingMessage) => Promise<Caller>

export interface AuthenticateCallerDeps {
  readonly verifyAdminToken: VerifyAdminToken
  /** Whether a request came over the socket that only the owner of the data folder can open. */
  readonly isLocal: (request: IncomingMessage) => boolean
}

/** @throws {Problem} `unauthorized` */
export const createAuthenticateCaller =
  ({ verifyAdminToken, isLocal }: AuthenticateCallerDeps): AuthenticateCaller =>
  async (request) => {
    if (isLocal(request)) return { kind: 'local' }
    const { authorization, host } = request.headers
    const unauthorized = createRefusal(host)
    if (authorization === undefined) throw unauthorized('no token', {})
    const token = readBearerToken(authorization)
    if (token === undefined) throw unauthorized('the Authorization header must carry a Bearer token', invalidToken)
    try {
      const verified = await verifyAdminToken(token)
      if (verified === undefined) {
        throw unauthorized('the client is disabled, or its credential or the token is revoked', invalidToken)
      }
      return { kind: 'token', ...verified, address: request.socket.remoteAddress ?? '' }
    } catch (error) {
      if (error instanceof JwtError) throw unauthorized(error.message, invalidToken)
      throw error
    }
  }

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
