/** The members of an entry under the names that the file gives them: what plans compare, diffs show and exports write. RFC 7591 §2. */
import { isDeepStrictEqual } from 'node:util'
import { describeMaterial } from '../admin/credential_material.ts'
import { tokenTtlLimits } from '../policy/lifetime.ts'
import type { DeclaredApi, DeclaredClient, DeclaredCredential, DeclaredGrant } from './declaration.ts'
import { formatDuration } from './duration.ts'

/** As it stands in the file. Undefined: the file need not say it. */
export type MemberValue = string | boolean | readonly string[] | Readonly<Record<string, string | number>> | undefined

export interface MemberChange {
  readonly member: string
  readonly before?: MemberValue
  readonly after?: MemberValue
}

type Members<T> = Readonly<Record<string, (entry: T) => MemberValue>>

/** A list of scopes is a set (RFC 6749 §3.3): order says nothing, so it is always the same. */
const sortedSet = (items: readonly string[]): readonly string[] => [...new Set(items)].sort()

const ttl = (seconds: number | undefined): MemberValue => (seconds === undefined ? undefined : formatDuration(seconds))

export const apiMembers: Members<DeclaredApi> = {
  scopes: ({ scopes }) => sortedSet(scopes),
  token_ttl: ({ tokenTtlSeconds }) => ttl(tokenTtlSeconds),
  signing_alg: ({ signingAlgorithm }) => signingAlgorithm,
  token_format: ({ tokenFormat }) => tokenFormat,
  sender_constraint: ({ senderConstraint }) => senderConstraint,
}

export const clientMembers: Members<DeclaredClient> = {
  client_name: ({ name }) => name,
  token_endpoint_auth_method: ({ tokenEndpointAuthMethod }) => tokenEndpointAuthMethod,
  default_scope: ({ defaultScope }) => defaultScope && sortedSet(defaultScope),
  token_ttl: ({ tokenTtlSeconds }) => ttl(tokenTtlSeconds),
  quota: ({ quota }) => quota && { tokens_per_minute: quota.tokensPerMinute, mode: quota.mode },
  managed_rotation: ({ managedRotation }) =>
    managedRotation && { overlap: formatDuration(managedRotation.overlapSeconds) },
  serves: ({ serves }) => (serves.length === 0 ? undefined : sortedSet(serves)),
  // each of these says something only where it is true
  dpop_bound_access_tokens: ({ dpopBoundAccessTokens }) => dpopBoundAccessTokens || undefined,
  tls_client_certificate_bound_access_tokens: ({ certificateBoundAccessTokens }) =>
    certificateBoundAccessTokens || undefined,
  token_endpoint_audience: ({ tokenEndpointAudience }) => tokenEndpointAudience || undefined,
  // enabled is what a client is where nothing is said
  disabled: ({ disabled }) => disabled || undefined,
}

export const grantMembers: Members<DeclaredGrant> = { scopes: ({ scopes }) => sortedSet(scopes) }

/** In words: of a key nobody wants to read the digits. */
export const credentialMembers: Members<DeclaredCredential> = { accepts: ({ material }) => describeMaterial(material) }

/** What differs. Of what is created or deleted, every member. */
export const compareMembers = <T>(
  members: Members<T>,
  before: T | undefined,
  after: T | undefined,
): readonly MemberChange[] =>
  Object.entries(members).flatMap(([member, read]) => {
    const change = { before: before && read(before), after: after && read(after) }
    if (isDeepStrictEqual(change.before, change.after)) return []
    return [
      {
        member,
        ...(change.before !== undefined && { before: change.before }),
        ...(change.after !== undefined && { after: change.after }),
      },
    ]
  })

/** What the file has to say of an entry, without what holds anyway. */
export const describeMembers = <T>(
  members: Members<T>,
  entry: T,
  defaults: Readonly<Record<string, MemberValue>> = {},
): Readonly<Record<string, MemberValue>> =>
  Object.fromEntries(
    Object.entries(members)
      .map(([member, read]) => [member, read(entry)] as const)
      .filter(([member, value]) => value !== undefined && value !== defaults[member]),
  )

export const apiDefaults = {
  tokenTtlSeconds: tokenTtlLimits.default,
  signingAlgorithm: 'ES256',
  tokenFormat: 'jwt',
  senderConstraint: 'optional',
} as const
