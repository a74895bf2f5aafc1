/** federated: a platform's own token as the client's assertion. RFC 7523 §3, draft-ietf-oauth-spiffe-client-auth §3.1. */
import {
  type ClientAssertion,
  checkPlatformClaims,
  checkPlatformSignature,
  type DecodedJws,
  type JsonObject,
  JwtError,
  type PlatformClaims,
  platformClockToleranceSeconds,
  quoteForMessage,
  replayKey,
} from '@credence/jwt'
import { type Clock, jwtSpiffeAssertionType, OAuthError } from '@credence/protocol'
import type { ClientRecord, FederatedCredential, ReplayClaim } from '@credence/storage'
import type { Directory } from '../../directory/directory.ts'
import { createDecoyKeys } from '../assertions/decoy_keys.ts'
import { type AuthenticatedClient, nothingToClaim, type PresentedAssertion } from '../client_auth_method.ts'
import { invalidClient } from '../invalid_client.ts'
import { mayUseMethod } from '../registered_method.ts'
import { whyNotMet } from './claim_conditions.ts'
import type { PlatformKeys } from './platform_keys.ts'
import { platforms } from './platforms/platforms.ts'

/** Credentials of a client whose claims all fit one token, and differ in their keys alone: more of them are not tried. */
const mostTried = 8

export interface FederatedAssertionDeps {
  readonly directory: Pick<Directory, 'client'>
  readonly keysOf: PlatformKeys
  readonly clock: Clock
}

export type CheckFederatedAssertion = (
  presented: PresentedAssertion,
  assertion: ClientAssertion,
) => Promise<AuthenticatedClient>

/**
 * Checks a platform's token against the federated credentials of the client that the request names.
 *
 * The first credential that the whole token fits is the one used. What can be told without a key is checked before the
 * signature: who makes tokens up has nothing fetched, and does not learn whether an issuer is away.
 *
 * Does not check: that the token has not been used before. Where its platform mints one per request, that is a replay claim.
 *
 * @throws {OAuthError} `invalid_client`, with the same description whatever was wrong; `detail` has the reason for the
 *   audit log. `temporarily_unavailable` when the token fits and the keys that it is signed with cannot be had.
 */
export const createCheckFederatedAssertion = ({
  directory,
  keysOf,
  clock,
}: FederatedAssertionDeps): CheckFederatedAssertion => {
  const decoys = createDecoyKeys()

  return async (presented, assertion) => {
    const jws = withPublicKeyAlgorithm(assertion)
    const now = clock.epochSeconds()
    const record = await directory.client(presented.clientId)
    const usable = usableCredentials(presented, { record, claims: jws.claims, now })
    let closest: Mismatch = typeof usable === 'string' ? { passed: 0, reason: usable } : noMismatch
    let unavailable: JwtError | undefined
    let tried = 0
    for (const { record, credential } of typeof usable === 'string' ? [] : usable) {
      try {
        const claims = checkClaims(jws, credential, now)
        if (++tried > mostTried) break
        await checkPlatformSignature(jws, keysOf(credential.federation))
        return { record, credential, method: 'federated', replayClaims: replayClaimsOf(credential, claims) }
      } catch (error) {
        if (error instanceof JwtError && error.code === 'keys_unavailable') unavailable ??= error
        else closest = closer(closest, toMismatch(error, credential))
      }
    }
    if (unavailable !== undefined) throw away(unavailable)
    // as much work where no signature was looked at as where one was wrong
    if (tried === 0) decoys(jws.header.algorithm).verify(jws.signingInput, jws.signature)
    throw invalidClient(closest.reason)
  }
}

const withPublicKeyAlgorithm = (assertion: ClientAssertion): DecodedJws => {
  const { algorithm } = assertion.header
  if (algorithm === 'HS256') throw invalidClient('a platform signs with a private key, and alg is HS256')
  return { ...assertion, header: { ...assertion.header, algorithm } }
}

const federatedCredentials = (record: ClientRecord): readonly FederatedCredential[] =>
  record.credentials.filter((credential) => credential.kind === 'federated')

const isOfIssuer = ({ federation: { platform, issuer } }: FederatedCredential, claims: JsonObject): boolean =>
  platforms[platform].issuerOf(claims) === issuer

interface Usable {
  readonly record: ClientRecord
  readonly credential: FederatedCredential
}

interface Asking {
  readonly record: ClientRecord | undefined
  readonly claims: JsonObject
  readonly now: number
}

/** The live credentials that trust the token's issuer, or why there are none that the client may use. */
const usableCredentials = (
  { assertionType }: PresentedAssertion,
  { record, claims, now }: Asking,
): readonly Usable[] | string => {
  if (record === undefined) return 'unknown client'
  const { disabled, tokenEndpointAuthMethod: registered } = record.client
  if (disabled) return 'the client is disabled'
  if (!mayUseMethod(registered, 'federated')) return `registered for ${registered}, used federated`
  const held = federatedCredentials(record)
  if (held.length === 0) return 'the client has no federated credential'
  const ofIssuer = held.filter((credential) => isOfIssuer(credential, claims))
  if (ofIssuer.length === 0) {
    return assertionType === jwtSpiffeAssertionType
      ? `no credential trusts the trust domain of ${quoteForMessage(claims.sub)}`
      : `no credential trusts the issuer ${quoteForMessage(claims.iss)}`
  }
  const [first] = ofIssuer
  const ofType = ofIssuer.filter(({ federation }) => platforms[federation.platform].assertionType === assertionType)
  if (first !== undefined && ofType.length === 0) {
    return `client_assertion_type must be ${platforms[first.federation.platform].assertionType}`
  }
  const live = ofType.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)
  if (live.length === 0) return `expired credential: ${ofType[0]?.credentialId}`
  return live.map((credential) => ({ record, credential }))
}

/** @throws {JwtError | Unmet} */
const checkClaims = (jws: DecodedJws, { federation }: FederatedCredential, now: number): PlatformClaims => {
  const { types, maxLifetimeSeconds, issuedAtRequired, singleUse } = platforms[federation.platform]
  const { audience, subject, claims: conditions } = federation
  let passed = 0
  for (const condition of [subject, ...conditions]) {
    const reason = whyNotMet(jws.claims, condition)
    if (reason !== undefined) throw new Unmet(reason, passed)
    passed++
  }
  const checked = checkPlatformClaims(jws, { audience, types, maxLifetimeSeconds, issuedAtRequired, now })
  if (singleUse && checked.jti === undefined) {
    throw new JwtError('invalid_claims', 'jti is missing, by which a token is accepted once')
  }
  return checked
}

/** A condition of the credential that the token does not meet, after so many that it does. */
class Unmet extends Error {
  override readonly name = 'Unmet'
  readonly passed: number

  constructor(message: string, passed: number) {
    super(message)
    this.passed = passed
  }
}

/** Why a credential did not fit, and how near it was: of several, the one that an operator wants to read of. */
interface Mismatch {
  readonly passed: number
  readonly reason: string
}

const noMismatch: Mismatch = { passed: -1, reason: '' }
const metAll = 1_000

const toMismatch = (error: unknown, { credentialId }: FederatedCredential): Mismatch => {
  const where = `(${credentialId})`
  if (error instanceof Unmet) return { passed: error.passed, reason: `${error.message} ${where}` }
  if (error instanceof JwtError) return { passed: metAll, reason: `${error.message} ${where}` }
  throw error
}

const closer = (known: Mismatch, found: Mismatch): Mismatch => (found.passed > known.passed ? found : known)

const replayClaimsOf = (
  { federation: { platform, issuer } }: FederatedCredential,
  { jti, exp, iat }: PlatformClaims,
): readonly ReplayClaim[] =>
  platforms[platform].singleUse && jti !== undefined
    ? [
        {
          entry: replayKey(issuer, jti),
          expiresAt: Math.ceil(exp) + platformClockToleranceSeconds,
          ...(iat !== undefined && { issuedAt: iat }),
        },
      ]
    : nothingToClaim

const away = (cause: JwtError) =>
  new OAuthError('temporarily_unavailable', 'the keys of the platform cannot be had now: try again shortly', {
    headers: { 'Retry-After': String(cause.retryAfterSeconds ?? 1) },
    detail: cause.message,
    cause,
  })
