/** The verifier's road: from a request to a verified access token that is enough for it, or to a refusal. RFC 6750, RFC 9068. */
import {
  checkClockTolerance,
  defaultClockToleranceSeconds,
  type FetchDocument,
  type KeySetSnapshot,
  type VerifiedClaims,
} from '@credence/jwt'
import { type Clock, maxAudienceLength, systemClock } from '@credence/protocol'
import type { AccessToken } from './access_token.ts'
import { createSenderConstraint, type SenderConstraintOptions } from './binding/sender_constraint.ts'
import type { ChallengeOptions } from './challenges.ts'
import { checkClaimsSchema, type StandardSchema } from './claims_schema.ts'
import type { IntrospectionOptions } from './introspection/introspection_options.ts'
import { createVerificationObserver, type VerificationCounters } from './observability/observer.ts'
import {
  createResourceMetadata,
  type ResourceMetadata,
  type ResourceMetadataOptions,
  resourceMetadataUrl,
} from './protected_resource_metadata.ts'
import { readCredentials, type TokenScheme } from './read_credentials.ts'
import { type Refusal, refusalFor } from './refusal.ts'
import type { ResourceRequest } from './request.ts'
import { createRevocationCheck } from './revocation/check_revocation.ts'
import type { RevocationOption } from './revocation/revocation_source.ts'
import {
  CustomRequirementFailed,
  checkCustom,
  checkRequirement,
  checkScopes,
  type ScopeRequirement,
} from './scope_requirement.ts'
import { createTrustedIssuers, type IssuerOptions } from './trusted_issuers.ts'
import { createVerifiedTokenCache } from './verified_token_cache.ts'
import { createTokenVerifier } from './verify_token.ts'

export interface ResourceServerOptions<Output extends object = VerifiedClaims> extends SenderConstraintOptions {
  /** The audience of the tokens this server accepts: its resource indicator (RFC 8707). Also the realm of challenges. */
  readonly resource: string
  readonly issuers: readonly IssuerOptions[]
  /** How far an issuer's clock may be off, 0 to 60. 5 unless given. */
  readonly clockToleranceSeconds?: number
  /** Asks an issuer about opaque tokens, or about all: for every issuer that has none of its own. */
  readonly introspection?: IntrospectionOptions
  /** Verified tokens that are remembered until they expire. 10,000 unless given; false or 0 for none. */
  readonly cache?: false | { readonly maxTokens: number }
  /** What else the claims must be: a schema of Zod, Valibot, ArkType or whatever speaks Standard Schema. */
  readonly claims?: StandardSchema<Output>
  /** Publishes the document of RFC 9728 about this resource: the adapters can serve it, and challenges say where it is. */
  readonly metadata?: ResourceMetadataOptions
  /** Where it is learned that tokens are denied before they expire: {@link revocationFeed}, a function of yours, or several. */
  readonly revocation?: RevocationOption
  readonly clock?: Clock
  /** Replaces the guarded fetch of metadata and keys. Whatever is given must keep its bounds. */
  readonly fetchDocument?: FetchDocument
}

export interface Accepted<Claims extends VerifiedClaims = VerifiedClaims> {
  readonly ok: true
  readonly token: AccessToken<Claims>
  /** To be set on the answer, names in lower case: a fresh nonce for the client's next DPoP proof, where it needs one. */
  readonly headers: Readonly<Record<string, string>>
}

export interface ResourceServer<Claims extends VerifiedClaims = VerifiedClaims> {
  readonly resource: string
  /**
   * Verifies the access token of a request, that whoever sent it may, and that it is enough.
   *
   * Never throws on what a caller may have sent.
   *
   * @throws {TypeError} as a rejection, when the requirement is not one, or a request with a DPoP proof comes without its
   *   method or URL; and whatever a custom requirement or the claims schema throws. These are counted as `failed`.
   */
  verify(request: ResourceRequest, requirement?: ScopeRequirement<Claims>): Promise<Accepted<Claims> | Refusal>
  /** The document of RFC 9728 in wire names; undefined without the option `metadata`. */
  metadata(): ResourceMetadata | undefined
  /** The keys of each issuer as they are held now, to be written down and given to the next start as `hydrate`. */
  exportKeys(): readonly KeySetSnapshot[]
  /** What became of the verifications so far. Each is also published on a diagnostics channel: {@link VerifyEvent}. */
  counters(): VerificationCounters
  /** What is held in memory now. */
  status(): ResourceServerStatus
  /** Ends what goes on in the background: its revocation sources. */
  close(): void
}

export interface ResourceServerStatus {
  /** Verified tokens that are remembered, some of which may have expired. */
  readonly cachedTokens: number
  readonly maxCachedTokens: number
  /** The issuers whose keys are held. One that no token has been verified of yet is missing. */
  readonly keySets: readonly { readonly issuer: string; readonly keys: number; readonly fetchedAt: number }[]
}

const defaultMaxTokens = 10_000
const noHeaders: Accepted['headers'] = Object.freeze({})

/**
 * Creates the verifier of one protected resource. No keys are fetched before the first token needs them; a revocation
 * feed is followed from now on.
 *
 * @throws {TypeError} or {RangeError} when an option is not usable.
 */
export const createResourceServer = <Output extends object = VerifiedClaims>(
  options: ResourceServerOptions<Output>,
): ResourceServer<VerifiedClaims & Output> => {
  const { resource, clock = systemClock, clockToleranceSeconds = defaultClockToleranceSeconds } = options
  checkResource(resource)
  checkClockTolerance(clockToleranceSeconds)
  const { fetchDocument, introspection } = options
  const issuerSettings = { audience: resource, clock, clockToleranceSeconds, fetchDocument, introspection }
  const issuers = createTrustedIssuers(options.issuers, issuerSettings)
  const maxCachedTokens = maxTokensOf(options)
  const cache = createVerifiedTokenCache(maxCachedTokens, clock)
  const observer = createVerificationObserver(resource, clock)
  const binding = createSenderConstraint(options, { resource, clock })
  const revocation = createRevocationCheck(
    options.revocation,
    options.issuers.map(({ issuer }) => issuer),
  )
  const challenges: ChallengeOptions = {
    realm: resource,
    ...binding.accepts,
    resourceMetadata: options.metadata && resourceMetadataUrl(resource),
  }
  const metadata = options.metadata && createResourceMetadata(options, challenges.dpopAlgorithms)
  const schema = options.claims
  if (schema !== undefined) checkClaimsSchema(schema)

  const verifyToken = createTokenVerifier({ issuers, cache, schema })

  const resourceServer: ResourceServer = {
    resource,
    metadata: () => metadata,
    exportKeys: issuers.exportKeys,
    counters: observer.counters,
    status: () => ({
      cachedTokens: cache.size(),
      maxCachedTokens,
      keySets: issuers.exportKeys().map(({ issuer, keys, fetchedAt }) => ({ issuer, keys: keys.length, fetchedAt })),
    }),
    close: revocation.close,
    verify: async (request, requirement = {}) => {
      checkRequirement(requirement)
      const verification = observer.begin()
      let scheme: TokenScheme | undefined
      try {
        const credentials = readCredentials(request, binding.acceptsDpop)
        scheme = credentials.scheme
        const known = cache.get(credentials.token)
        verification.cached = known !== undefined
        const { token, confirmation } = known ?? (await verifyToken(credentials.token, verification))
        verification.token = token
        const proof = binding.check(request, credentials, confirmation)
        const asking = revocation.check(token)
        if (asking !== undefined) await asking
        if (issuers.asksAlways) await issuers.checkActive(credentials.token, token.claims)
        checkScopes(token.scopes, requirement)
        if (requirement.custom !== undefined) await checkCustom(token, requirement.custom)
        if (proof === undefined) return observer.end(verification, { ok: true, token, headers: noHeaders })
        // the last of all: whoever is refused for anything else has used up nothing
        await binding.claimProof(proof)
        return observer.end(verification, { ok: true, token, headers: binding.answerHeaders() })
      } catch (thrown) {
        const refusal = refusalFor(thrown, { challenges, scheme })
        if (refusal !== undefined) return observer.end(verification, refusal)
        observer.fail(verification)
        throw thrown instanceof CustomRequirementFailed ? thrown.cause : thrown
      }
    },
  }
  // no token comes out of it that the schema did not accept
  return resourceServer as ResourceServer<VerifiedClaims & Output>
}

const checkResource = (resource: string): void => {
  if (!/^[\x21-\x7e]+$/.test(resource) || resource.length > maxAudienceLength) {
    throw new TypeError('resource must be printable ASCII without spaces')
  }
}

const maxTokensOf = ({ cache }: Pick<ResourceServerOptions, 'cache'>): number => {
  const maxTokens = cache === false ? 0 : (cache?.maxTokens ?? defaultMaxTokens)
  if (!Number.isSafeInteger(maxTokens) || maxTokens < 0) throw new RangeError('cache.maxTokens must be 0 or more')
  return maxTokens
}
