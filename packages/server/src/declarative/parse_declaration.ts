/** Parses a declarative document: typed once, every fault listed. */
import { missingScopes } from '@credence/protocol'
import type { FromSchema } from 'json-schema-to-ts'
import { adminAudience } from '../admin/admin_scopes.ts'
import type { MaterialContext } from '../admin/credential_material.ts'
import { tokenTtlLimits } from '../policy/lifetime.ts'
import { checkShape } from './check_shape.ts'
import type {
  Declaration,
  DeclaredApi,
  DeclaredClient,
  DeclaredCredential,
  DeclaredGrant,
  Placed,
} from './declaration.ts'
import { formatDuration, parseDuration } from './duration.ts'
import { type Fault, pointerTo } from './fault.ts'
import { apiDefaults } from './members.ts'
import { parseCredentials } from './parse_credentials.ts'
import { type apiEntry, type clientEntry, overlapLimits } from './schema.ts'

type ApiEntry = FromSchema<typeof apiEntry>
type ClientEntry = FromSchema<typeof clientEntry>

export interface Parsed {
  /** Where there are faults: of the entries that have none, so that what else is wrong can be said at once. */
  readonly declaration: Declaration
  readonly faults: readonly Fault[]
}

/** What this server's own issuer and network are: see {@link MaterialContext}. */
export type DeclarationContext = Omit<MaterialContext, 'method'>

/** Does not check: whether what is referred to, and is not in the document, exists on the server. */
export const parseDeclaration = (document: unknown, context: DeclarationContext): Parsed => {
  const shape = checkShape(document)
  const unreadable = new Set(shape.unreadable.map(entryOf))
  const sound = <Entry>(list: string, parse: (entry: Entry, pointer: string) => void) =>
    entriesOf(document, list).forEach((entry, index) => {
      const pointer = pointerTo(list, index)
      // whatever the schema has against this one, its known members are what the schema says
      if (!unreadable.has(pointer)) parse(entry as Entry, pointer)
    })

  const apis: Placed<DeclaredApi>[] = []
  const clients: Placed<DeclaredClient>[] = []
  const grants: Placed<DeclaredGrant>[] = []
  const credentials: DeclaredCredential[] = []
  const credentialFaults: Fault[] = []
  sound<ApiEntry>('apis', (entry, pointer) => apis.push({ pointer, value: toApi(entry) }))
  sound<ClientEntry>('clients', (entry, pointer) => {
    clients.push({ pointer, value: toClient(entry) })
    grants.push(...toGrants(entry, pointer))
    const parsed = parseCredentials(entry, { ...context, pointer })
    credentials.push(...parsed.credentials)
    credentialFaults.push(...parsed.faults)
  })
  const mentioned = new Set(mentionedAudiences(document))
  const declaration: Declaration = { apis, clients, grants, credentials, mentioned }
  const faults = [
    ...shape.faults,
    ...builtIn(declaration),
    ...repeated(declaration.apis, 'audience', ({ audience }) => audience),
    ...repeated(declaration.clients, 'client_id', ({ clientId }) => clientId),
    ...repeated(declaration.grants, 'audience', ({ clientId, audience }) => JSON.stringify([clientId, audience])),
    ...lifetimes<DeclaredApi | DeclaredClient>([...apis, ...clients], {
      member: 'token_ttl',
      limits: tokenTtlLimits,
      secondsOf: ({ tokenTtlSeconds }) => tokenTtlSeconds,
    }),
    ...lifetimes(clients, {
      member: 'managed_rotation/overlap',
      limits: overlapLimits,
      secondsOf: ({ managedRotation }) => managedRotation?.overlapSeconds,
    }),
    ...unknownScopes(declaration),
    ...credentialFaults,
  ]
  return { declaration, faults }
}

/** `/apis/3/scopes/0` is a fault of the entry `/apis/3`; one of a whole list, or of the document, is none of an entry. */
const entryOf = (pointer: string): string => pointer.split('/', 3).join('/')

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const entriesOf = (document: unknown, list: string): readonly unknown[] => {
  const entries = isRecord(document) ? document[list] : undefined
  return Array.isArray(entries) ? entries : []
}

/** Faulty APIs too: a grant on one of them is not a second fault. */
const mentionedAudiences = (document: unknown): readonly string[] =>
  entriesOf(document, 'apis')
    .map((entry) => (isRecord(entry) ? entry.audience : undefined))
    .filter((audience) => typeof audience === 'string')

const toApi = (entry: ApiEntry): DeclaredApi => ({
  audience: entry.audience,
  scopes: entry.scopes,
  tokenTtlSeconds: entry.token_ttl === undefined ? apiDefaults.tokenTtlSeconds : parseDuration(entry.token_ttl),
  signingAlgorithm: entry.signing_alg ?? apiDefaults.signingAlgorithm,
  tokenFormat: entry.token_format ?? apiDefaults.tokenFormat,
  senderConstraint: entry.sender_constraint ?? apiDefaults.senderConstraint,
})

const toClient = (entry: ClientEntry): DeclaredClient => ({
  clientId: entry.client_id,
  name: entry.client_name,
  tokenEndpointAuthMethod: entry.token_endpoint_auth_method,
  defaultScope: entry.default_scope,
  tokenTtlSeconds: entry.token_ttl === undefined ? undefined : parseDuration(entry.token_ttl),
  quota: entry.quota && { tokensPerMinute: entry.quota.tokens_per_minute, mode: entry.quota.mode ?? 'enforce' },
  managedRotation: entry.managed_rotation && {
    overlapSeconds:
      entry.managed_rotation.overlap === undefined
        ? overlapLimits.default
        : parseDuration(entry.managed_rotation.overlap),
  },
  dpopBoundAccessTokens: entry.dpop_bound_access_tokens ?? false,
  certificateBoundAccessTokens: entry.tls_client_certificate_bound_access_tokens ?? false,
  tokenEndpointAudience: entry.token_endpoint_audience ?? false,
  serves: entry.serves ?? [],
  disabled: entry.disabled,
})

const toGrants = ({ client_id, grants = [] }: ClientEntry, pointer: string): readonly Placed<DeclaredGrant>[] =>
  grants.map(({ audience, scopes }, index) => ({
    pointer: `${pointer}/grants/${index}`,
    value: { clientId: client_id, audience, scopes },
  }))

const builtIn = ({ apis, clients }: Declaration): readonly Fault[] => [
  ...apis
    .filter(({ value }) => value.audience === adminAudience)
    .map(({ pointer }) => ({ pointer: `${pointer}/audience`, detail: `${adminAudience} is built in; leave it out` })),
  ...clients
    .filter(({ value }) => value.serves.includes(adminAudience))
    .map(({ pointer }) => ({ pointer: `${pointer}/serves`, detail: `${adminAudience} is served by Credence itself` })),
]

const repeated = <T>(entries: readonly Placed<T>[], member: string, keyOf: (value: T) => string): readonly Fault[] => {
  const seen = new Set<string>()
  return entries.flatMap(({ pointer, value }) => {
    const key = keyOf(value)
    if (seen.has(key)) return [{ pointer: `${pointer}/${member}`, detail: `${member} is declared twice` }]
    seen.add(key)
    return []
  })
}

interface Lifetime<T> {
  readonly member: string
  /** Seconds. */
  readonly limits: { readonly least: number; readonly most: number }
  readonly secondsOf: (value: T) => number | undefined
}

const lifetimes = <T>(
  entries: readonly Placed<T>[],
  { member, limits: { least, most }, secondsOf }: Lifetime<T>,
): readonly Fault[] =>
  entries.flatMap(({ pointer, value }) => {
    const seconds = secondsOf(value) ?? least
    if (seconds >= least && seconds <= most) return []
    return [
      {
        pointer: `${pointer}/${member}`,
        detail: `${member.replace('/', '.')} must be from ${formatDuration(least)} to ${formatDuration(most)}`,
      },
    ]
  })

const unknownScopes = ({ apis, grants }: Declaration): readonly Fault[] => {
  const declared = new Map(apis.map(({ value }) => [value.audience, value]))
  return grants.flatMap(({ pointer, value }) => checkGrantedScopes(declared.get(value.audience), pointer, value))
}

/** Faults where a grant names scopes that its API does not have. */
export const checkGrantedScopes = (
  api: DeclaredApi | undefined,
  pointer: string,
  { audience, scopes }: DeclaredGrant,
): readonly Fault[] => {
  const unknown = api === undefined ? [] : missingScopes(scopes, api.scopes)
  if (api === undefined || unknown.length === 0) return []
  const detail = `${audience} has no such scope: ${unknown.join(' ')}; it has: ${api.scopes.join(' ')}`
  return [{ pointer: `${pointer}/scopes`, detail }]
}
