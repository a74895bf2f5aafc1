/** Makes a federated credential out of what an operator says, and refuses what could not work or would let in too many. RFC 7523 §3. */
import { type Clock, isIssuer, type Randomness } from '@credence/protocol'
import type { ClaimCondition, FederatedCredential, Federation } from '@credence/storage'
import { newCredentialFacts } from '../new_credential_facts.ts'
import { type ConditionText, checkClaimPath, maxConditions, parseCondition } from './condition_text.ts'
import { type FederationFault, type FederationPart, InvalidFederation } from './invalid_federation.ts'
import { parsePinnedKeys } from './pinned_keys.ts'
import { checkReach } from './platform_reach.ts'
import type { Platform, PlatformName } from './platforms/platform.ts'
import { inferPlatform, platformNames, platforms } from './platforms/platforms.ts'

/** What an operator says. Values may end in an asterisk, for all that begin so. */
export interface NewFederation {
  /** Told by issuer and subject unless given. */
  readonly platform?: string | undefined
  /** The platform's own unless given; of SPIFFE the trust domain. */
  readonly issuer?: string | undefined
  readonly subject: ConditionText
  /** This server's issuer URL unless given. */
  readonly audience?: string | undefined
  /** By path: names of members with dots between. */
  readonly claims?: Readonly<Record<string, ConditionText>> | undefined
  /** The platform's keys, where they cannot be fetched: a JWK set, or a SPIFFE trust bundle. */
  readonly jwks?: unknown
  /** Where they are; of SPIFFE the bundle endpoint. Found through the issuer's metadata unless given. */
  readonly jwksUri?: string | undefined
}

export interface NewFederatedCredential extends NewFederation {
  readonly clientId: string
  readonly label?: string | undefined
  /** Seconds from now. */
  readonly expiresIn?: number | undefined
}

export interface FederationDeps {
  /** This server's own. */
  readonly issuer: string
  readonly allowPrivateAddresses: boolean
}

export interface FederatedCredentialDeps extends FederationDeps {
  readonly clock: Clock
  readonly randomness: Randomness
}

/**
 * Makes the credential. Does not store it.
 *
 * Does not check: that the client exists; that the issuer can be reached.
 *
 * @throws {InvalidFederation} with every fault
 */
export const createFederatedCredential = (
  asked: NewFederatedCredential,
  deps: FederatedCredentialDeps,
): FederatedCredential => {
  const federation = parseFederation(asked, deps)
  const { clientId, label, expiresIn } = asked
  return { ...newCredentialFacts(clientId, { ...deps, label, expiresIn }), kind: 'federated', federation }
}

/** Reads what an operator says. @throws {InvalidFederation} with every fault */
export const parseFederation = (asked: NewFederation, deps: FederationDeps): Federation => {
  const faults: FederationFault[] = []
  /** Notes what is wrong and goes on, so that everything is said at once. */
  const attempt = <T>(part: FederationPart, read: () => T): T | undefined => {
    try {
      return read()
    } catch (error) {
      faults.push({ part, detail: error instanceof Error ? error.message : 'is wrong' })
      return undefined
    }
  }
  const name = attempt('platform', () => resolvePlatform(asked))
  if (name === undefined) throw new InvalidFederation(faults)
  const platform = platforms[name]
  const issuer = attempt('issuer', () => resolveIssuer(asked, platform, deps))
  const subject = attempt('subject', () => parseCondition('sub', asked.subject, platform.prefixEnds))
  if (issuer !== undefined && subject !== undefined) {
    attempt('subject', () => checkEach(subject, (value) => platform.checkSubject(value, { issuer, subject })))
  }
  const audience = attempt('audience', () => resolveAudience(asked, platform, deps))
  const claims = attempt('claims', () => parseClaims(asked, platform))
  const keys = attempt(asked.jwks === undefined ? 'jwks_uri' : 'jwks', () => parsePinnedKeys(asked, name, deps))
  if (
    issuer === undefined ||
    subject === undefined ||
    audience === undefined ||
    claims === undefined ||
    faults.length > 0
  ) {
    throw new InvalidFederation(faults)
  }
  const federation: Federation = { platform: name, issuer, subject, audience, claims, keys }
  const fault = platform.check?.(federation)
  if (fault !== undefined) throw new InvalidFederation([{ part: 'jwks', detail: fault }])
  return { ...federation, claims: [...claims, ...(platform.implied?.(federation) ?? [])] }
}

const resolvePlatform = ({ platform, issuer, subject }: NewFederation): PlatformName => {
  if (platform === undefined) return inferPlatform(issuer, (typeof subject === 'string' ? subject : subject[0]) ?? '')
  const known = platformNames.find((name) => name === platform)
  if (known === undefined) throw new Error(`must be one of ${platformNames.join(', ')}`)
  return known
}

const resolveIssuer = (
  { issuer: given }: NewFederation,
  platform: Platform,
  { allowPrivateAddresses }: FederationDeps,
): string => {
  const issuer = given ?? platform.issuer
  if (issuer === undefined) throw new Error('must be given: the iss of the tokens')
  const fault = platform.checkIssuer(issuer)
  if (fault !== undefined) throw new Error(fault)
  if (!issuer.startsWith('spiffe://')) {
    if (!isIssuer(issuer)) throw new Error('must be an https URL without query and fragment')
    checkReach(new URL(issuer), allowPrivateAddresses)
  }
  return issuer
}

const resolveAudience = ({ audience }: NewFederation, platform: Platform, { issuer }: FederationDeps): string => {
  if (audience === undefined) {
    if (platform.audienceAdvice !== undefined) throw new Error(platform.audienceAdvice)
    return issuer
  }
  const { match, values } = parseCondition('aud', audience, [])
  if (match === 'prefix' || values[0] === undefined) throw new Error('must be one exact value')
  return values[0]
}

const parseClaims = ({ claims = {} }: NewFederation, { prefixEnds }: Platform): readonly ClaimCondition[] => {
  const entries = Object.entries(claims)
  if (entries.length > maxConditions) throw new Error(`must be at most ${maxConditions}`)
  return entries.map(([claim, text]) => {
    try {
      checkClaimPath(claim)
      return parseCondition(claim, text, prefixEnds)
    } catch (error) {
      throw new Error(`${claim.slice(0, 64)}: it ${error instanceof Error ? error.message : 'is wrong'}`)
    }
  })
}

const checkEach = ({ values }: ClaimCondition, check: (value: string) => string | undefined): void => {
  for (const value of values) {
    const fault = check(value)
    if (fault !== undefined) throw new Error(fault)
  }
}
