/** The verifier's road: from a request to a verified access token with the scopes it needs, or to a refusal. RFC 6750, RFC 9068. */
import {
  checkClockTolerance,
  decodeCompactJws,
  defaultClockToleranceSeconds,
  type FetchDocument,
  findTokenKey,
  JwtError,
  verifyWithKey,
} from '@credence/jwt'
import { type Clock, maxAudienceLength, systemClock } from '@credence/protocol'
import { type AccessToken, createAccessToken } from './access_token.ts'
import { checkTokenSyntax, readBearerToken } from './read_credentials.ts'
import { type Refusal, refusalFor } from './refusal.ts'
import type { ResourceRequest } from './request.ts'
import { checkRequirement, checkScopes, type ScopeRequirement } from './scope_requirement.ts'
import { createTrustedIssuers, type IssuerOptions } from './trusted_issuers.ts'
import { createVerifiedTokenCache } from './verified_token_cache.ts'

export interface ResourceServerOptions {
  /** The audience of the tokens this server accepts: its resource indicator (RFC 8707). Also the realm of challenges. */
  readonly resource: string
  readonly issuers: readonly IssuerOptions[]
  /** How far an issuer's clock may be off, 0 to 60. 5 unless given. */
  readonly clockToleranceSeconds?: number
  /** Verified tokens that are remembered until they expire. 10,000 unless given; false or 0 for none. */
  readonly cache?: false | { readonly maxTokens: number }
  readonly clock?: Clock
  /** Replaces the guarded fetch of metadata and keys. Whatever is given must keep its bounds. */
  readonly fetchDocument?: FetchDocument
}

export interface Accepted {
  readonly ok: true
  readonly token: AccessToken
}

export interface ResourceServer {
  readonly resource: string
  /**
   * Verifies the access token of a request and that it has the scopes needed.
   *
   * Never throws on what a caller may have sent. Does not check: revocation; DPoP and certificate-bound tokens are refused.
   *
   * @throws {TypeError} as a rejection, when the requirement is not one.
   */
  verify(request: ResourceRequest, requirement?: ScopeRequirement): Promise<Accepted | Refusal>
}

const defaultMaxTokens = 10_000

/**
 * Creates the verifier of one protected resource. Nothing is fetched before the first token needs it.
 *
 * @throws {TypeError} or {RangeError} when an option is not usable.
 */
export const createResourceServer = (options: ResourceServerOptions): ResourceServer => {
  const { resource, clock = systemClock, clockToleranceSeconds = defaultClockToleranceSeconds } = options
  checkResource(resource)
  checkClockTolerance(clockToleranceSeconds)
  const issuers = createTrustedIssuers(options.issuers, { clock, fetchDocument: options.fetchDocument })
  const cache = createVerifiedTokenCache(maxTokensOf(options), clock)

  const verifyToken = async (raw: string): Promise<AccessToken> => {
    checkTokenSyntax(raw)
    const jws = decodeCompactJws(raw)
    // read before it is verified, and only to choose whose keys to verify it with
    const trusted = issuers.get(jws.claims.iss)
    if (trusted === undefined) throw new JwtError('wrong_issuer', 'the issuer of the token is not trusted here')
    const options = { ...trusted, audience: resource, clock, clockToleranceSeconds }
    const key = await findTokenKey(jws, options)
    const claims = verifyWithKey(jws, key, options)
    const token = createAccessToken(claims)
    cache.set(raw, { token, keys: trusted.keys, key })
    return token
  }

  return {
    resource,
    verify: async (request, requirement = {}) => {
      checkRequirement(requirement)
      try {
        const raw = readBearerToken(request)
        const token = cache.get(raw) ?? (await verifyToken(raw))
        checkScopes(token.scopes, requirement)
        return { ok: true, token }
      } catch (thrown) {
        return refusalFor(thrown, resource)
      }
    },
  }
}

const checkResource = (resource: string): void => {
  if (!/^[\x21-\x7e]+$/.test(resource) || resource.length > maxAudienceLength) {
    throw new TypeError('resource must be printable ASCII without spaces')
  }
}

const maxTokensOf = ({ cache }: ResourceServerOptions): number => {
  const maxTokens = cache === false ? 0 : (cache?.maxTokens ?? defaultMaxTokens)
  if (!Number.isSafeInteger(maxTokens) || maxTokens < 0) throw new RangeError('cache.maxTokens must be 0 or more')
  return maxTokens
}
